// SPDX-License-Identifier: MIT
//
// compile.js FILE.ksy FOLDER [LANGUAGE]: writes what the Kaitai compiler makes of FILE.ksy into FOLDER.
//
// The compiler's package for node has no command line. It takes the YAML as an object and answers names and texts of
// files. Both packages are found in FOLDER.
"use strict";

const fs = require("fs");
const path = require("path");
const { createRequire } = require("module");

async function compile(source, folder, language) {
    const load = createRequire(path.resolve(folder, "package.json"));
    const KaitaiStructCompiler = load("kaitai-struct-compiler");
    const description = load("js-yaml").load(fs.readFileSync(source, "utf8"));
    const files = await new KaitaiStructCompiler().compile(language, description, null, false);
    for (const [name, text] of Object.entries(files)) {
        fs.writeFileSync(path.join(folder, name), text);
    }
}

const [source, folder, language = "python"] = process.argv.slice(2);
if (!folder) {
    console.error("usage: compile.js FILE.ksy FOLDER [LANGUAGE]");
    process.exit(2);
}
compile(source, folder, language).catch((error) => {
    console.error(`${source}: ${error.message || error}`);
    process.exit(1);
});
