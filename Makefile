# The project's own makefile: its targets are the steps of CI. rmake builds and checks itself with it:
#   rmake            builds target/release/rmake
#   rmake check      installs what the tests need and runs everything
#   rmake install    PREFIX=/usr/local DESTDIR=

CARGO ?= cargo
PREFIX ?= /usr/local
DESTDIR ?=
INSTALL ?= install
# The binary under test. Everything below runs this one.
BINARY := $(or $(CARGO_TARGET_DIR),target)/release/rmake
# What it starts for recipes on other machines.
SESSION := $(BINARY)-session
# What runs recipes in sandboxes, also on other hosts: linked statically, so that it needs nothing there.
TRIPLE = $(shell rustc -vV | sed -n 's/^host: //p')
WORKER = $(or $(CARGO_TARGET_DIR),target)/$(TRIPLE)/release/rmake-worker
LOGS := target/check
# So many makefiles in a thousand may differ in the generator's run and are counted as todo: none, nothing is open.
export RMAKE_BORNE ?= 0
# What the steps of `check` need on a Debian machine, by package name. `realworld` gets what its projects need itself.
PACKAGES := gcc g++ libc6-dev make perl python3 diffutils binutils procps ninja-build bison dpkg-dev xz-utils \
            ca-certificates openssh-server openssh-client iproute2 tcsh fish libssl-dev pkg-config strace valgrind

STEPS := deps tidy fmt clippy test plain worker docs conformance differential counts away realworld-fast

.PHONY: all check summary clean install bench bench-away away realworld conformance differential $(STEPS)

all: $(BINARY) $(BINARY)-worker

# Cargo knows what is out of date; the recipe is always asked.
$(BINARY): FORCE
	$(CARGO) build --release --quiet --bin rmake --bin rmake-session
FORCE:

# Programs that are only tested have the system's OpenSSL: to build it takes minutes, and the release has it built in.
tidy clippy test plain worker docs differential: private export OPENSSL_NO_VENDOR = 1

# Runs the steps one after the other, keeps each one's output, and tells at the end how many tests ran.
check:
	@mkdir -p $(LOGS) && rm -f $(LOGS)/*.log
	@tests/tools/steps.sh $(LOGS) '$(MAKE)' $(STEPS)

deps:
	tests/tools/packages.sh $(PACKAGES)
	$(CARGO) fmt --version && $(CARGO) clippy --version || rustup component add rustfmt clippy

fmt:
	$(CARGO) fmt --check

clippy:
	$(CARGO) clippy --all-targets --quiet -- -D warnings

tidy:
	$(CARGO) test --quiet --test tidy

# The generator has a step of its own.
test: $(BINARY)
	RMAKE_CASES=$${RMAKE_CASES:-50} $(CARGO) test --no-fail-fast

# A plain make without optional features, and one that has only ssh(1) to get to its hosts.
plain:
	$(CARGO) check --quiet --no-default-features
	$(CARGO) check --quiet --no-default-features --features remote
	$(CARGO) check --quiet --no-default-features --features worker

# The static worker, put beside rmake, and its tests with it.
worker: $(BINARY)-worker
	! ldd $< > /dev/null 2>&1 || ldd $< 2>&1 | grep -q statically
	RMAKE_WORKER=$(abspath $<) $(CARGO) test --test worker

$(BINARY)-worker: FORCE
	RUSTFLAGS='-C target-feature=+crt-static -C strip=symbols' $(CARGO) build --release --quiet --target $(TRIPLE) \
	  --no-default-features --features worker --bin rmake-worker
	cmp -s $(WORKER) $@ || cp $(WORKER) $@

docs:
	RUSTDOCFLAGS='-D warnings' $(CARGO) doc --quiet --no-deps

# GNU make's own test-suite, fetched by its Debian package's name; once more with each sub-make a start of the program.
conformance: $(BINARY)
	GNU_SUITE_JOBS=$${GNU_SUITE_JOBS:-4} tests/tools/gnu-suite.sh $(BINARY)
	GNU_SUITE_JOBS=$${GNU_SUITE_JOBS:-4} GNU_SUITE_FLAGS=--no-inprocess tests/tools/gnu-suite.sh $(BINARY)

# Generated makefiles, run by rmake and by GNU make 4.4.1. RMAKE_SEED and RMAKE_CASES choose which.
differential: $(BINARY)
	RMAKE_CASES=$${RMAKE_CASES:-1500} RMAKE_UNDER_TEST=$(abspath $(BINARY)) $(CARGO) test --test differential

# Instructions, system calls and stats against fixed bounds: what the load of a machine does not change.
counts: $(BINARY)
	python3 benches/counts.py --make $(BINARY)

# Real projects on ssh hosts that are made for it, and in sandboxes of a worker on this machine.
away: $(BINARY) $(BINARY)-worker
	tests/realworld/away --make $(BINARY)

realworld: $(BINARY)
	tests/realworld/run --make $(BINARY)

realworld-fast: $(BINARY)
	tests/realworld/run --fast --make $(BINARY)

# The table of speed: generated trees, rmake beside GNU make 4.4.1 and the other tools that are found.
bench: $(BINARY)
	python3 benches/table.py --make $(BINARY) $(BENCHFLAGS)

# What sandboxes cost, in processor time and round trips: redis, lua, C++ with many headers, and a trivial recipe.
bench-away: $(BINARY) $(BINARY)-worker
	python3 benches/away.py --make $(BINARY) $(BENCHFLAGS)

install: $(BINARY) $(BINARY)-worker
	$(INSTALL) -d '$(DESTDIR)$(PREFIX)/bin' '$(DESTDIR)$(PREFIX)/share/man/man1' '$(DESTDIR)$(PREFIX)/include' \
	  '$(DESTDIR)$(PREFIX)/libexec/rmake' \
	  '$(DESTDIR)$(PREFIX)/share/bash-completion/completions' '$(DESTDIR)$(PREFIX)/share/zsh/site-functions' \
	  '$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d'
	$(INSTALL) -m 755 $(BINARY) '$(DESTDIR)$(PREFIX)/bin/rmake'
	$(INSTALL) -m 755 $(SESSION) $(BINARY)-worker '$(DESTDIR)$(PREFIX)/libexec/rmake'
	$(INSTALL) -m 644 include/gnumake.h '$(DESTDIR)$(PREFIX)/include/gnumake.h'
	$(INSTALL) -m 644 man/rmake.1 '$(DESTDIR)$(PREFIX)/share/man/man1/rmake.1'
	$(INSTALL) -m 644 completions/rmake.bash '$(DESTDIR)$(PREFIX)/share/bash-completion/completions/rmake'
	$(INSTALL) -m 644 completions/_rmake '$(DESTDIR)$(PREFIX)/share/zsh/site-functions/_rmake'
	$(INSTALL) -m 644 completions/rmake.fish '$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/rmake.fish'

clean:
	$(CARGO) clean
