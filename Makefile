# The verbs of the course. `make` or `make help` lists them.
#
# Set-up is part of every verb: what it needs is installed by the system's package manager if make
# runs as root or can ask sudo; else one line says what is missing.

PHASES := $(patsubst %/Makefile,%,$(sort $(wildcard phase[0-9][0-9]-*/Makefile)))
PHASE ?= $(lastword $(PHASES))
PREFIX ?= /usr/local
# 03, phase03 and phase03-pivot-root name the same phase.
NN = $(patsubst phase%,%,$(firstword $(subst -, ,$(PHASE))))
FOLDER = $(firstword $(filter phase$(NN)-%,$(PHASES)))

help: ## this list
	@echo 'Husk: Linux containers, built in nine steps. First: make demo. Then: phase01-unshare/README.md'
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo 'Verbs for one phase take PHASE=03, or run them in its folder: cd phase03-pivot-root && make diff'

all: deps-demo ## build the phases, and final/husk-runtime
	@for phase in $(PHASES); do $(MAKE) -s -C $$phase husk || exit; done
	@$(MAKE) -s -j"$$(nproc)" -C final

run: all ## a container of PHASE that introduces itself
	@$(MAKE) --no-print-directory -C $(FOLDER) run

shell: all ## a shell in a container of PHASE
	@$(MAKE) --no-print-directory -C $(FOLDER) shell

demo: all ## see it work: the course in a minute, or PHASE=03 of it (AUTO=1 BEFORE=1 NOTES=1)
	@tools/as-root tools/demo $(if $(filter command environment,$(word 1,$(origin PHASE))),--phase $(NN),--course)

tour: all ## the demos of all phases, one after the other
	@tools/as-root tools/demo --tour

diff: ## what PHASE adds to the phase before it
	@tools/diff --phase $(NN)

explain: all ## the kernel calls of a run of PHASE, each with a sentence (needs strace)
	@tools/deps explain
	@tools/explain --phase $(NN)

sweep: kit ## kill husk of PHASE at 60 points and 30 moments: what is left? (POINTS= MOMENTS= SEED=)
	@tests/sweep --phase $(NN) $(if $(POINTS),--points $(POINTS)) $(if $(MOMENTS),--moments $(MOMENTS)) $(if $(SEED),--seed $(SEED))

attack: kit ## try the attacks on PHASE: which get through?
	@tools/attack $(NN)

break: deps-test ## apply mutation N of PHASE in a scratch copy, and see which test turns red
	@[ -n "$(N)" ] || { echo 'make break: N=1, 2 or 3: which mutation? The README of the phase lists them'; exit 2; }
	@tools/break $(NN) $(N)

start: ## work/phaseNN: a folder to write your own PHASE in, beginning with the phase before
	@tools/start $(NN)

grade: deps-test ## does DIR/husk, in any language, do what PHASE promises? (JSON=FILE JUNIT=FILE)
	@[ -n "$(DIR)" ] || { echo 'make grade: DIR=folder: where is the program? make grade PHASE=04 DIR=~/my-attempt'; exit 2; }
	@tests/grade $(NN) '$(DIR)' $(if $(JSON),--json '$(JSON)') $(if $(JUNIT),--junit '$(JUNIT)')

matrix: kit ## every check against every phase, on this machine
	@tests/matrix

bench: kit ## husk-runtime beside crun, runc, bubblewrap and the bare kernel, husk beside podman (JSON=FILE)
	@tools/deps bench engines
	@tools/as-root tests/bench/bench $(if $(JSON),--json '$(JSON)')
	@tools/as-root tests/bench/engine $(if $(JSON),--json '$(JSON)')

lab: ## a shell in a virtual machine with cgroup v2, or CMD='...' in it (CGROUP=v2|v1|hybrid)
	@tools/deps demo lab
	@$(MAKE) --no-print-directory all
	@tests/vm/lab --cgroup $(or $(CGROUP),v2) $(if $(CMD),-- '$(subst ','\'',$(CMD))')

doctor: ## what this machine has, and how to get what it has not
	@tools/doctor

test: ## everything: lint, units, this machine, then the lab VM for what this machine cannot run
	@tests/run $(if $(filter command environment,$(word 1,$(origin PHASE))),--phase $(NN))

lint: deps-test ## the part of `make test` that runs nothing
	@tests/lint

format: ## lay the C code out as the lint wants it
	@git ls-files '*.c' '*.h' | xargs clang-format -i

carry: ## move a fix in FILE=phase03-pivot-root/rootfs.c forward through the later phases
	@tools/carry $(FILE)

reset: ## remove what a broken demo or a killed husk left, and list it
	@tools/reset

deps: ## install what everything here needs (apt, dnf or pacman)
	@tools/deps demo test lab

install: all ## husk-runtime, and the newest phase as husk-course, below PREFIX (DESTDIR= for packagers)
	@$(MAKE) -s -C final install PREFIX='$(PREFIX)' DESTDIR='$(DESTDIR)'
	install -D -m 755 $(lastword $(PHASES))/husk $(DESTDIR)$(PREFIX)/bin/husk-course

clean: ## remove what was built; make lab-clean removes the lab VM's cache
	@for phase in $(PHASES); do $(MAKE) --no-print-directory -C $$phase clean; done
	@$(MAKE) --no-print-directory -C final clean
	rm -rf build

lab-clean: ## remove the lab VM's cache
	@tests/vm/lab --clean

kit: all deps-test
	@tests/lib/kit

deps-demo:
	@tools/deps demo

deps-test:
	@tools/deps demo test

.PHONY: help all run shell demo tour diff explain sweep attack break start grade matrix bench lab doctor test \
	lint format carry reset deps install clean lab-clean kit deps-demo deps-test
.DEFAULT_GOAL := help
