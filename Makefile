# SPDX-License-Identifier: MIT
#
# The front door. Each target first installs what it lacks (scripts/setup), then calls meson or a script.

T ?= decode
SECONDS ?=
FILTER ?=
UPDATE ?=

.PHONY: help demo build check proof model conformance fuzz bench bench-instr soak format

help:
	@echo 'make demo              build, then show what Strandline does'
	@echo 'make build             release build: build/tools/strandline, build/tools/logcat-merge, build/libcodec/libstrand.a'
	@echo 'make check             all tests, with gcc, clang and sanitizers, in build-check/'
	@echo 'make proof             prove the codec with Frama-C WP'
	@echo 'make model             check the models of the protocols with spin, and that it finds each seeded fault'
	@echo 'make conformance       the conformance suite: libcodec, the reference, the Kaitai reader, and mutants of the reference'
	@echo 'make fuzz T=decode     fuzz with AFL++ until Ctrl-C or SECONDS=n; T: decode ring file merge trace encode print'
	@echo 'make bench             benchmarks and peers, in build/bench/; FILTER=encode runs those alone'
	@echo 'make bench-instr       instructions per record against bench/baselines; UPDATE=--update makes them the baseline'
	@echo 'make soak              the long tests: a minute of threads and signals, 5000 kills, every metamorphic check'
	@echo 'make format            clang-format all C sources but the one that scripts/registry.py writes'

build:
	@scripts/setup build
	@test -f build/build.ninja || meson setup build >/dev/null
	@ninja -C build --quiet

demo: build
	@scripts/setup demo
	@scripts/demo

check:
	@scripts/setup check
	@scripts/check

proof:
	@scripts/setup proof
	@scripts/proof

model:
	@scripts/setup model
	@scripts/model

conformance:
	@scripts/setup check conformance
	@test -f build-check/gcc/build.ninja || CC=gcc CXX=g++ meson setup build-check/gcc -Dtests=true -Dfuzz=true --buildtype=debugoptimized --werror >/dev/null
	@ninja -C build-check/gcc --quiet conformance/libcodec/conformance_driver
	@scripts/conformance $(SECONDS)

fuzz:
	@scripts/setup fuzz
	@scripts/fuzz $(T) $(SECONDS)

bench:
	@scripts/setup bench
	@scripts/bench $(FILTER)

bench-instr:
	@scripts/setup check
	@test -f build-check/gcc/build.ninja || CC=gcc CXX=g++ meson setup build-check/gcc -Dtests=true -Dfuzz=true --buildtype=debugoptimized --werror >/dev/null
	@ninja -C build-check/gcc --quiet bench/bench_count
	@scripts/bench-instr build-check/gcc/bench/bench_count $(UPDATE)

soak:
	@scripts/setup check conformance
	@test -f build-check/gcc/build.ninja || CC=gcc CXX=g++ meson setup build-check/gcc -Dtests=true -Dfuzz=true --buildtype=debugoptimized --werror >/dev/null
	@ninja -C build-check/gcc --quiet
	@meson test -C build-check/gcc --no-rebuild --benchmark --suite long --verbose
	@scripts/conformance all

format:
	@scripts/setup format
	@git ls-files -co --exclude-standard '*.c' '*.h' '*.cc' ':!*/strand_wire.h' | xargs clang-format -i
