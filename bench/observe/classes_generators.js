// Values of @faker-js/faker, chance and @ngneat/falso, one JSON line a method: {library, method, values}.
// node classes_generators.js SEED COUNT, with NODE_PATH to where the three are installed.
const [seed, count] = process.argv.slice(2).map(Number);
const { faker, fakerDE, fakerFR, fakerES, fakerPT_BR, fakerPL, fakerJA } = require("@faker-js/faker");
const Chance = require("chance");
const falso = require("@ngneat/falso");

function emit(library, method, make) {
  const values = [];
  for (let i = 0; i < count; i++) {
    let value;
    try { value = make(); } catch { return; }
    if (!["string", "number"].includes(typeof value)) return;
    values.push(value);
  }
  console.log(JSON.stringify({ library, method, values }));
}

for (const [locale, one] of Object.entries({ en: faker, de: fakerDE, fr: fakerFR, es: fakerES, pt: fakerPT_BR, pl: fakerPL, ja: fakerJA })) {
  one.seed(seed);
  for (const kind of Object.keys(one)) {
    const module = one[kind];
    if (typeof module !== "object" || !module || kind.startsWith("_") || kind === "helpers" || kind === "definitions") continue;
    const names = new Set();
    for (let at = module; at && at !== Object.prototype; at = Object.getPrototypeOf(at)) Object.getOwnPropertyNames(at).forEach((name) => names.add(name));
    for (const name of [...names].sort()) {
      if (name !== "constructor" && typeof module[name] === "function") emit(`faker-js-${locale}`, `${kind}.${name}`, () => module[name]());
    }
  }
}
const chance = new Chance(seed);
for (const name of Object.getOwnPropertyNames(Chance.prototype).sort()) {
  if (typeof chance[name] === "function" && name !== "constructor") emit("chance", name, () => chance[name]());
}
falso.seed(String(seed));
for (const name of Object.keys(falso).sort()) {
  if (name.startsWith("rand") && name !== "rand") emit("falso", name.slice(4, 5).toLowerCase() + name.slice(5), () => falso[name]());
}
