//! Recipes of a generated makefile: cheap commands that touch, write, speak or fail.
//! It does not know which target a recipe belongs to.

use crate::differential::generate::Maker;
use crate::differential::generate::Theme;
use crate::differential::generate::expression::VARIABLES;

impl Maker {
    /// Adds recipe lines; most recipes make their target.
    pub fn add_recipe(&mut self) {
        let lines = self.recipe_lines();
        for line in lines {
            let text = format!("{}{line}", self.prefix);
            self.push(&text);
            match self.random.below(60) {
                0 => self.push(""),
                1 => self.push("# between the lines of a recipe"),
                2 => self.push("ifdef A\nendif"),
                _ => {}
            }
        }
    }

    /// Returns a recipe as it stands after a semicolon.
    pub fn recipe_on_the_line(&mut self) -> String {
        let line = self.making_line();
        if line.contains('\n') {
            "touch $@".to_owned()
        } else {
            line
        }
    }

    fn recipe_lines(&mut self) -> Vec<String> {
        self.is_recipe = true;
        self.level = VARIABLES.len();
        let mut lines = Vec::new();
        let extra = match self.theme {
            Theme::Recipes => self.random.range(0, 3),
            _ => usize::from(self.random.chance(35)),
        };
        for _ in 0..extra {
            let line = self.speaking_line();
            lines.push(line);
        }
        let percent = if self.theme == Theme::Recipes { 12 } else { 4 };
        if self.random.chance(percent) {
            let line = self.failing_line();
            lines.push(line);
        }
        if lines.is_empty() || self.random.chance(90) {
            let line = self.making_line();
            lines.push(line);
        }
        if self.random.chance(3) {
            let line = self.failing_line();
            lines.push(line);
        }
        self.is_recipe = false;
        lines
    }

    fn making_line(&mut self) -> String {
        match self.random.below(24) {
            0..8 => "touch $@",
            8..11 => "@touch $@",
            11 => "echo '$^' > $@",
            12 => "@echo '$@: $+ | $| ($?)' >> $@",
            13 => "@echo $@ from $^; touch $@",
            14 => "$(file >$@,$^)@echo made $@",
            15 => "@:",
            16 => "echo $* $< $(@D) $(@F)",
            17 => "@echo making '$@' because '$?'\n\ttouch $@",
            18 => "-touch $@",
            19 => "+touch $@",
            20 => "@echo '$(@F) $(<F) $(^D)' && touch $@",
            21 => "cat $^ > $@",
            22 => "@ touch $(@)",
            _ => "touch '$@'",
        }
        .replace("\n\t", &format!("\n{}", self.prefix))
    }

    fn speaking_line(&mut self) -> String {
        let text = self.text(1);
        match self.random.below(22) {
            0 => format!("@echo '{text}'"),
            1 => format!("echo '{text}'"),
            2 => format!("$(info in $@: {text})"),
            3 => "@echo \"$$A|$$foo|$$V|$$ENV1\"".to_owned(),
            4 => "+@echo plus $(MAKELEVEL)".to_owned(),
            5 if !self.is_parallel => "@echo 'flags: $(MAKEFLAGS)'".to_owned(),
            6 => String::new(),
            7 => "# a comment for the shell".to_owned(),
            8 => "@# a silent comment".to_owned(),
            9 => format!(
                "@echo a \\\n{}b '{text}'",
                self.random.pick(&["", "  ", "\t"])
            ),
            10 => "@echo 'a\\\n  b'".to_owned(),
            11 => "$(if $(A),@echo yes,@echo no)".to_owned(),
            12 => "$(foreach v,1 2,@echo $v;)".to_owned(),
            13 => "$(eval LATE := $@)@echo $(LATE)".to_owned(),
            14 if !self.is_parallel => {
                "@echo '$(or $(MAKECMDGOALS),none)' \"$$MAKELEVEL $$MAKEFLAGS\"".to_owned()
            }
            15 => "@x=1; echo $$x $${x}y".to_owned(),
            16 => "@echo $(words $^) $(filter %.in,$^) $(T) $(U)".to_owned(),
            17 => "- @ echo both".to_owned(),
            18 => "@echo one $(\\\n)two".replace("$(\\\n)", "\\\n"),
            19 if self.has_sub_make => self.sub_make_line(),
            20 => "@printf '%s\\n' '$(T)'".to_owned(),
            _ => "@echo $@".to_owned(),
        }
    }

    fn failing_line(&mut self) -> String {
        if self.is_parallel {
            return "@:".to_owned();
        }
        self.random
            .pick(&[
                "false",
                "@false",
                "-false",
                "@exit 3",
                "-@exit 4",
                "touch $@; exit 1",
                "-touch $@ && false",
                "nosuchcommand1 $@",
                "-nosuchcommand2",
                "@echo half > $@; exit 7",
                "test -f nothere",
                "./a.in",
                "$(error cannot make $@)",
                "-@test -f nothere",
                "@kill -9 $$$$",
                "cat nothere",
                "./d",
                "touch nodir/$(@F)",
            ])
            .to_owned()
    }

    fn sub_make_line(&mut self) -> String {
        if self.processes < 3 {
            return "@:".to_owned();
        }
        self.processes -= 3;
        self.random
            .pick(&[
                "$(MAKE) -f sub.mk",
                "@$(MAKE) -f sub.mk X=1 s1",
                "+make -f sub.mk s2",
                "$(MAKE) -C d -f ../sub.mk",
                "-$(MAKE) -f sub.mk bad",
                "$(MAKE) --no-print-directory -f sub.mk s1 s2",
                "@A=2 $(MAKE) -f sub.mk",
                "${MAKE} -s -f sub.mk",
            ])
            .to_owned()
    }

    /// Adds a second makefile that recipes call.
    pub fn add_sub_make(&mut self) {
        if self.is_parallel {
            return;
        }
        self.has_sub_make = true;
        let text = "s1: ; @echo s1 $(A) $(X) $(MAKELEVEL) '$(MAKEFLAGS)' $(origin A)\ns2: s1\n\t@echo s2 \"$$foo\" $(LIST)\nbad: ; exit 2\n";
        self.add_file("sub.mk", text);
        if self.random.chance(30) {
            let line = self.random.pick(&[
                "MAKEOVERRIDES =",
                "MAKEFLAGS += -s",
                "MAKEFLAGS += -k",
                "MAKEFLAGS += --no-print-directory",
                "export MAKEFLAGS",
                "MAKEFLAGS += V=2",
            ]);
            self.push(line);
        }
    }
}
