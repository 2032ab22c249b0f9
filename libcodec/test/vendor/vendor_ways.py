#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Takes libcodec into another program, each way that README promises, and runs that program.

    vendor_ways.py WAY SOURCE_ROOT BUILD_ROOT CC CXX

WAY: copy          the folders copied, one compiler line
     amalgamation  strand.h and strand.c; the header from C++17 too
     prefix        the same with --prefix my_, beside a copy without
     subproject    a meson subproject
     pkgconfig     installed, found with pkg-config
     cmake         installed, found with CMake's find_package
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

WANTED = """\
{"stream":0,"tick":3000,"nano":6000,"p":-1,"fields":[{"type":"string","value":"accepted"},{"type":"int","value":3}]}
{"stream":0,"tick":4000,"nano":8000,"p":-1,"fields":[{"type":"string","value":"accepted"},{"type":"int","value":4}]}
"""
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]

MESON_PROJECT = """\
project('app', 'c', default_options: ['c_std=c11'])
executable('app', 'vendor_program.c', dependencies: dependency('strandline'))
"""
CMAKE_PROJECT = """\
cmake_minimum_required(VERSION 3.16)
project(app C)
set(CMAKE_DISABLE_FIND_PACKAGE_PkgConfig TRUE)
find_package(Strandline 0.9 REQUIRED)
add_executable(app vendor_program.c)
set_target_properties(app PROPERTIES C_STANDARD 11)
target_link_libraries(app PRIVATE Strandline::strand)
"""


def run(*command, **options):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **options)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}")
    return done.stdout


class Ways:
    def __init__(self, source, build, c_compiler, cxx_compiler, scratch):
        self.source, self.build, self.scratch = pathlib.Path(source), build, scratch
        self.cc = [c_compiler, "-std=c11", *WARNINGS]
        self.cxx = [cxx_compiler, "-std=c++17", *WARNINGS]
        self.env = {**os.environ, "CC": c_compiler, "CXX": cxx_compiler}
        self.program = scratch / "vendor_program.c"
        shutil.copy(self.source / "libcodec" / "test" / "vendor" / "vendor_program.c", self.program)

    def amalgamate(self, folder, *options):
        run(self.source / "scripts" / "amalgamate", "-o", self.scratch / folder, *options)
        unit = self.scratch / folder / "strand.o"
        run(*self.cc, "-c", self.scratch / folder / "strand.c", "-o", unit)
        return self.scratch / folder, unit

    def install(self):
        run("meson", "install", "-C", self.build, "--no-rebuild", "--destdir", self.scratch / "root")
        return next((self.scratch / "root").rglob("strandline.pc"))

    def copy(self):
        for folder in ("include", "src"):
            shutil.copytree(self.source / "libcodec" / folder, self.scratch / "strand" / folder)
        sources = sorted((self.scratch / "strand" / "src").glob("*.c"))
        run(*self.cc, "-I", self.scratch / "strand" / "include", self.program, *sources, "-o", self.scratch / "app")

    def amalgamation(self):
        folder, unit = self.amalgamate("one")
        cxx_program = self.source / "libcodec" / "test" / "compile_cxx17.cc"
        run(*self.cxx, "-I", folder, cxx_program, unit, "-o", self.scratch / "cxx_app")
        run(self.scratch / "cxx_app")
        run(*self.cc, "-I", folder, self.program, unit, "-o", self.scratch / "app")

    def prefix(self):
        _, other = self.amalgamate("one")
        folder, unit = self.amalgamate("mine", "--prefix", "my_")
        text = self.program.read_text(encoding="utf-8")
        self.program.write_text(re.sub(r"\bSTRAND_", "MY_STRAND_", re.sub(r"\bstrand_", "my_strand_", text)), encoding="utf-8")
        run(*self.cc, "-I", folder, self.program, unit, other, "-o", self.scratch / "app")

    def subproject(self):
        (self.scratch / "subprojects").mkdir()
        (self.scratch / "subprojects" / "strandline").symlink_to(self.source)
        (self.scratch / "subprojects" / "strandline.wrap").write_text("[wrap-file]\n[provide]\ndependency_names = strandline\n", encoding="utf-8")
        (self.scratch / "meson.build").write_text(MESON_PROJECT, encoding="utf-8")
        run("meson", "setup", self.scratch / "build", self.scratch, "--wrap-mode=forcefallback", "--werror", env=self.env)
        run("ninja", "-C", self.scratch / "build")
        (self.scratch / "app").symlink_to(self.scratch / "build" / "app")

    def pkgconfig(self):
        env = {**self.env, "PKG_CONFIG_LIBDIR": str(self.install().parent), "PKG_CONFIG_SYSROOT_DIR": str(self.scratch / "root")}
        flags = run("pkg-config", "--cflags", "--libs", "strandline", env=env).split()
        run(*self.cc, self.program, *flags, "-o", self.scratch / "app")

    def cmake(self):
        prefix = next(folder for folder in self.install().parents if (folder / "include").exists())
        (self.scratch / "CMakeLists.txt").write_text(CMAKE_PROJECT, encoding="utf-8")
        run("cmake", "-S", self.scratch, "-B", self.scratch / "build", f"-DCMAKE_PREFIX_PATH={prefix}", env=self.env)
        run("cmake", "--build", self.scratch / "build")
        (self.scratch / "app").symlink_to(self.scratch / "build" / "app")


def main():
    way, *places = sys.argv[1:]
    with tempfile.TemporaryDirectory() as scratch:
        getattr(Ways(*places, pathlib.Path(scratch)), way)()
        printed = run(pathlib.Path(scratch) / "app")
    if printed != WANTED:
        sys.exit(f"printed\n{printed}wanted\n{WANTED}")


if __name__ == "__main__":
    main()
