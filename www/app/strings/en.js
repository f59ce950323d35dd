// The sentences of the page, in English: everything that it shows or reads out, except three things.
//
// - What the engine knows about its methods, recipes and devices (title, formula, how to read a
//   result, reference, reason) and the details of its errors. The engine says these to every program.
// - Sentences for the case that no module can run. They are in index.html.
//
// The page has its own sentence for each of the engine's error codes, because it adds what a visitor
// can do, and because it has codes of its own. It explains the formulas of index.html itself.

export * from './en/analyses.js';
export * from './en/board.js';
export * from './en/cards.js';
export * from './en/formats.js';
export * from './en/page.js';
export * from './en/problems.js';
export * from './en/reading.js';
