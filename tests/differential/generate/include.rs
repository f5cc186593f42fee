//! Included makefiles of a generated makefile: there, missing, made by a rule, so that make starts again.
//! It does not know what the rest of the makefile says.

use crate::differential::generate::Maker;

impl Maker {
    /// Adds some ways to include.
    pub fn add_includes(&mut self) {
        self.push("$(info restarts=[$(MAKE_RESTARTS)] list=[$(MAKEFILE_LIST)])");
        for _ in 0..self.random.range(1, 3) {
            self.add_include();
        }
        self.push("$(info G=[$(G)] INC=[$(INC)])");
    }

    fn add_include(&mut self) {
        let word = self
            .random
            .pick(&["include", "-include", "sinclude", "include"]);
        let tab = self.prefix;
        match self.random.below(18) {
            0..3 => {
                self.add_file(
                    "inc1.mk",
                    "INC += one\n$(info in $(lastword $(MAKEFILE_LIST)))\n",
                );
                self.push(&format!("{word} inc1.mk"));
            }
            3 => {
                self.add_file("inc2.mk", "INC += two\ninclude inc3.mk\nINC += after\n");
                self.add_file("inc3.mk", "INC += three\nfrom3: ; @echo from3\n");
                self.push(&format!("{word} inc2.mk"));
            }
            4..8 => {
                let source = self.random.pick_of(&self.sources.clone());
                let recipe = self.random.pick(&[
                    "@echo 'G += made' > $@",
                    "echo 'G += $^' > $@",
                    "@echo 'G += $(MAKE_RESTARTS)x' > $@",
                    "@echo making $@; echo G=1 > $@",
                    "touch $@",
                ]);
                self.push(&format!("{word} gen.mk\ngen.mk: {source}\n{tab}{recipe}"));
                if self.random.chance(40) {
                    self.add_file("gen.mk", "G += old\n");
                }
            }
            8 => self.push(&format!(
                "{word} gen2.mk\ngen2.mk:\n{tab}@echo cannot; exit 1"
            )),
            9 => self.push(&format!("{word} missing.mk")),
            10 => {
                self.push(&format!(
                    "%.mk: %.mkin\n{tab}@echo 'G += from $<' > $@\n{word} pat.mk"
                ));
                self.add_file("pat.mkin", "x\n");
            }
            11 => {
                self.add_file("d/deep.mk", "INC += deep\n");
                self.push(&format!("{word} $(wildcard d/*.mk) $(UNSET)"));
            }
            12 => {
                self.push(&format!("{word} empty.mk\nempty.mk: ;"));
            }
            13 => {
                self.push(&format!(
                    "{word} two1.mk two2.mk\ntwo1.mk two2.mk: a.in\n{tab}@echo 'G += $@' > $@"
                ));
                self.add_file("a.in", "a\n");
            }
            14 => {
                self.add_file("d/found.mk", "INC += found\n");
                self.push(&format!("{word} found.mk"));
            }
            15 => self.push(&format!(
                ".PHONY: ph.mk\n{word} ph.mk\nph.mk: ; @echo 'G=ph' > $@"
            )),
            16 => {
                let source = self.random.pick_of(&self.sources.clone());
                self.push(&format!(
                    "Makefile: {source}\n{tab}@touch $@; echo remade $@"
                ));
            }
            _ => {
                self.add_file("cond.mk", "ifdef A\nINC += A\nelse\nINC += none\nendif\n");
                self.push(&format!("{word} cond.mk # comment"));
            }
        }
    }
}
