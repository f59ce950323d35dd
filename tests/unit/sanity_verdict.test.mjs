// The verdict of the randomisation check, and its sentence.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ALIKE, UNRELATED, verdictOf } from '../../www/app/sanity_verdict.js';
import { sanity } from '../../www/app/strings/en.js';

test('each verdict is reached, and its sentence names both correlations', () => {
  /** @type {[{signs: number | undefined, magnitudes: number | undefined}, string, RegExp][]} */
  const cases = [
    [{ signs: 0.01, magnitudes: -0.05 }, 'changes', /^Gradient passes: /],
    [{ signs: UNRELATED, magnitudes: UNRELATED }, 'changes', /^Gradient passes: /],
    [
      { signs: -0.01, magnitudes: 0.37 },
      'partly',
      /^Gradient passes in part: its signs no longer correlate .*, but its magnitudes do/,
    ],
    [
      { signs: 0.3, magnitudes: 0.1 },
      'partly',
      /^Gradient passes in part: its magnitudes no longer correlate .*, but its signs do/,
    ],
    [{ signs: 0.3, magnitudes: 0.37 }, 'stays', /^Gradient fails: /],
    [{ signs: 0, magnitudes: ALIKE }, 'stays', /^Gradient fails: /],
    [
      { signs: -0.3, magnitudes: 0.37 },
      'reverses',
      /^Undecided for Gradient: its map is anticorrelated/,
    ],
    [
      { signs: 0, magnitudes: -0.5 },
      'reverses',
      /^Undecided for Gradient: its map is anticorrelated/,
    ],
    [
      { signs: undefined, magnitudes: 0.4 },
      'nothing',
      /^Undecided for Gradient: one of the maps is constant/,
    ],
    [{ signs: undefined, magnitudes: undefined }, 'nothing', /^Undecided for Gradient/],
  ];
  for (const [last, verdict, sentence] of cases) {
    assert.equal(verdictOf(last), verdict, JSON.stringify(last));
    const finding = sanity.finding('Gradient', last);
    assert.match(finding, sentence);
    assert.ok(
      finding.includes(
        `${sanity.correlation(last.magnitudes)} for the magnitudes and ${sanity.correlation(last.signs)} for the signs`,
      ),
      finding,
    );
  }
});
