//! Cuts the bytes of a makefile into logical lines: joined, counted, ends of lines removed.
//! It does not know what a line says, nor whether it belongs to a recipe.
