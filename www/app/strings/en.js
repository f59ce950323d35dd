// The sentences of the page, in English: everything that it shows or reads out, except three things.
// What the engine knows about its methods, recipes and devices (title, formula, how to read it,
// reference, reason) and the details of its errors come from the engine, which says the same to
// every other program. index.html holds the sentences for when no module can run.
//
// Of the engine's errors, the page has its own sentence for each code: with it goes what a visitor
// can do, which no other program could say; and there are codes of the page alone.

export * from './en/analyses.js';
export * from './en/cards.js';
export * from './en/formats.js';
export * from './en/page.js';
export * from './en/problems.js';
