//! The built-in catalogue: suffixes, suffix rules and pattern rules, as tables.
//! It does not know which of them a makefile leaves in force.

/// The built-in list of suffixes, in its order.
pub const SUFFIXES: &str = ".out .a .ln .o .c .cc .C .cpp .p .f .F .m .r .y .l .ym .yl .s .S .mod .sym .def .h .info .dvi .tex .texinfo .texi .txinfo .w .ch .web .sh .elc .el";

/// A rule of the catalogue.
#[derive(Clone, Copy, Debug)]
pub struct Builtin {
    /// Target: a suffix or two, or a pattern.
    pub target: &'static str,
    /// Prerequisite patterns; empty for a suffix rule.
    pub prereqs: &'static str,
    /// Its recipe, lines without prefix.
    pub recipe: &'static str,
    /// `::`
    pub terminal: bool,
}

const fn suffix(target: &'static str, recipe: &'static str) -> Builtin {
    Builtin {
        target,
        prereqs: "",
        recipe,
        terminal: false,
    }
}

/// The built-in suffix rules, sorted by target.
pub const SUFFIX_RULES: &[Builtin] = &[
    suffix(".C", "$(LINK.C) $^ $(LOADLIBES) $(LDLIBS) -o $@"),
    suffix(".C.o", "$(COMPILE.C) $(OUTPUT_OPTION) $<"),
    suffix(".F", "$(LINK.F) $^ $(LOADLIBES) $(LDLIBS) -o $@"),
    suffix(".F.f", "$(PREPROCESS.F) $(OUTPUT_OPTION) $<"),
    suffix(".F.o", "$(COMPILE.F) $(OUTPUT_OPTION) $<"),
    suffix(".S", "$(LINK.S) $^ $(LOADLIBES) $(LDLIBS) -o $@"),
    suffix(".S.o", "$(COMPILE.S) -o $@ $<"),
    suffix(".S.s", "$(PREPROCESS.S) $< > $@"),
    suffix(".c", "$(LINK.c) $^ $(LOADLIBES) $(LDLIBS) -o $@"),
    suffix(".c.ln", "$(LINT.c) -C$* $<"),
    suffix(".c.o", "$(COMPILE.c) $(OUTPUT_OPTION) $<"),
    suffix(".cc", "$(LINK.cc) $^ $(LOADLIBES) $(LDLIBS) -o $@"),
    suffix(".cc.o", "$(COMPILE.cc) $(OUTPUT_OPTION) $<"),
    suffix(".cpp", "$(LINK.cpp) $^ $(LOADLIBES) $(LDLIBS) -o $@"),
    suffix(".cpp.o", "$(COMPILE.cpp) $(OUTPUT_OPTION) $<"),
    suffix(".def.sym", "$(COMPILE.def) -o $@ $<"),
    suffix(".f", "$(LINK.f) $^ $(LOADLIBES) $(LDLIBS) -o $@"),
    suffix(".f.o", "$(COMPILE.f) $(OUTPUT_OPTION) $<"),
    suffix(".l.c", "@$(RM) $@ \n $(LEX.l) $< > $@"),
    suffix(
        ".l.ln",
        "@$(RM) $*.c\n $(LEX.l) $< > $*.c\n$(LINT.c) -i $*.c -o $@\n $(RM) $*.c",
    ),
    suffix(".l.r", "$(LEX.l) $< > $@ \n mv -f lex.yy.r $@"),
    suffix(".lm.m", "@$(RM) $@ \n $(LEX.m) $< > $@"),
    suffix(".m", "$(LINK.m) $^ $(LOADLIBES) $(LDLIBS) -o $@"),
    suffix(".m.o", "$(COMPILE.m) $(OUTPUT_OPTION) $<"),
    suffix(".mod", "$(COMPILE.mod) -o $@ -e $@ $^"),
    suffix(".mod.o", "$(COMPILE.mod) -o $@ $<"),
    suffix(".o", "$(LINK.o) $^ $(LOADLIBES) $(LDLIBS) -o $@"),
    suffix(".p", "$(LINK.p) $^ $(LOADLIBES) $(LDLIBS) -o $@"),
    suffix(".p.o", "$(COMPILE.p) $(OUTPUT_OPTION) $<"),
    suffix(".r", "$(LINK.r) $^ $(LOADLIBES) $(LDLIBS) -o $@"),
    suffix(".r.f", "$(PREPROCESS.r) $(OUTPUT_OPTION) $<"),
    suffix(".r.o", "$(COMPILE.r) $(OUTPUT_OPTION) $<"),
    suffix(".s", "$(LINK.s) $^ $(LOADLIBES) $(LDLIBS) -o $@"),
    suffix(".s.o", "$(COMPILE.s) -o $@ $<"),
    suffix(".sh", "cat $< >$@ \n chmod a+x $@"),
    suffix(".tex.dvi", "$(TEX) $<"),
    suffix(".texi.dvi", "$(TEXI2DVI) $(TEXI2DVI_FLAGS) $<"),
    suffix(".texi.info", "$(MAKEINFO) $(MAKEINFO_FLAGS) $< -o $@"),
    suffix(".texinfo.dvi", "$(TEXI2DVI) $(TEXI2DVI_FLAGS) $<"),
    suffix(".texinfo.info", "$(MAKEINFO) $(MAKEINFO_FLAGS) $< -o $@"),
    suffix(".txinfo.dvi", "$(TEXI2DVI) $(TEXI2DVI_FLAGS) $<"),
    suffix(".txinfo.info", "$(MAKEINFO) $(MAKEINFO_FLAGS) $< -o $@"),
    suffix(".w.c", "$(CTANGLE) $< - $@"),
    suffix(".w.tex", "$(CWEAVE) $< - $@"),
    suffix(".web.p", "$(TANGLE) $<"),
    suffix(".web.tex", "$(WEAVE) $<"),
    suffix(".y.c", "$(YACC.y) $< \n mv -f y.tab.c $@"),
    suffix(
        ".y.ln",
        "$(YACC.y) $< \n $(LINT.c) -C$* y.tab.c \n $(RM) y.tab.c",
    ),
    suffix(".ym.m", "$(YACC.m) $< \n mv -f y.tab.c $@"),
];

/// The built-in pattern rules, in the order in which they are tried; behind the suffix rules.
pub const PATTERN_RULES: &[Builtin] = &[
    Builtin {
        target: "(%)",
        prereqs: "%",
        recipe: "$(AR) $(ARFLAGS) $@ $<",
        terminal: false,
    },
    Builtin {
        target: "%.out",
        prereqs: "%",
        recipe: "@rm -f $@ \n cp $< $@",
        terminal: false,
    },
    Builtin {
        target: "%.c",
        prereqs: "%.w %.ch",
        recipe: "$(CTANGLE) $^ $@",
        terminal: false,
    },
    Builtin {
        target: "%.tex",
        prereqs: "%.w %.ch",
        recipe: "$(CWEAVE) $^ $@",
        terminal: false,
    },
    Builtin {
        target: "%",
        prereqs: "%,v",
        recipe: "$(CHECKOUT,v)",
        terminal: true,
    },
    Builtin {
        target: "%",
        prereqs: "RCS/%,v",
        recipe: "$(CHECKOUT,v)",
        terminal: true,
    },
    Builtin {
        target: "%",
        prereqs: "RCS/%",
        recipe: "$(CHECKOUT,v)",
        terminal: true,
    },
    Builtin {
        target: "%",
        prereqs: "s.%",
        recipe: "$(GET) $(GFLAGS) $(SCCS_OUTPUT_OPTION) $<",
        terminal: true,
    },
    Builtin {
        target: "%",
        prereqs: "SCCS/s.%",
        recipe: "$(GET) $(GFLAGS) $(SCCS_OUTPUT_OPTION) $<",
        terminal: true,
    },
];
