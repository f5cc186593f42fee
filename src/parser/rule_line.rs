//! Splits a rule line: targets, kind of colon, prerequisites, recipe behind a semicolon.
//! It does not know the values of variables: the text it gets is expanded by its caller.
