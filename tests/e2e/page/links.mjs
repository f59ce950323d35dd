// Links: what the address asks for, and what the page makes of it.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { arrive, explained, photoSample, site } from './site.mjs';

describe('the address', () => {
  test('settings in the address are checked and clamped; a class waits for its photo', async () => {
    const v = await arrive({
      hash: '#class=285&map=jet&opacity=1e99&recipe=<script>&seed=-5&device=toaster',
    });
    await v.ready();
    assert.equal(await v.page.inputValue('#colour-map'), 'inferno');
    assert.equal(await v.page.inputValue('#opacity'), '1');
    assert.equal(await v.page.inputValue('#recipe'), 'robust');
    await v.takeSample('chelsea.jpg');
    await v.threeCardsShow('Egyptian cat');
  });
});

describe('a class from the link', () => {
  test('is shown as such, with what the network gives it, and is dropped with the next photo', async () => {
    const v = await arrive({ hash: '#class=387' });
    await v.ready();
    await v.takeSample('coffee.jpg');
    await v.threeCardsShow('red panda');
    assert.match(
      await v.page.textContent('.link-notice p'),
      /^From the link: red panda\. For this photo the network gives it (<\u00a00\.1|0\.\d+)%\.$/,
    );
    const rows = v.page.locator('.class-button:visible');
    assert.equal(await rows.count(), 6);
    assert.deepEqual(
      await rows.evaluateAll((all) => all.map((row) => row.getAttribute('aria-pressed'))),
      ['false', 'false', 'false', 'false', 'false', 'true'],
    );
    assert.match(await rows.nth(5).textContent(), /red panda/);
    await v.page.click('.link-notice button:text-is("Explain espresso instead")');
    assert.match(await v.page.evaluate(() => document.activeElement.textContent), /espresso/);
    await v.threeCardsShow('espresso');
    assert.equal(await v.page.isVisible('.link-notice'), false);
    assert.equal(await rows.count(), 5);

    await v.page.evaluate(() => {
      location.hash = '#class=387';
    }); // a link that is opened where the page is open
    await v.threeCardsShow('red panda');
    assert.equal(await v.page.isVisible('.link-notice'), true);
    await v.takeSample('macaw.jpg');
    await v.page.waitForFunction(() =>
      /macaw/.test(document.querySelector('#classes .top-classes').textContent),
    );
    assert.equal(await v.page.isVisible('.link-notice'), false);
    assert.deepEqual(await v.pressed(), ['macaw']);
    await v.page.waitForFunction(() => location.hash === '#photo=macaw&class=88');
  });

  test('that is the likeliest has nothing to take instead; a neuron has no probability', async () => {
    const v = await arrive({ hash: '#class=387' });
    await v.ready();
    await v.takeSample('red-panda.jpg');
    await v.threeCardsShow('red panda');
    assert.match(
      await v.page.textContent('.link-notice'),
      /^From the link: red panda\. For this photo the network gives it (>\u00a099|\d+)%\.$/,
    );
    assert.equal(await v.page.locator('.link-notice button').count(), 0);
    await v.leave();

    const w = await arrive({ hash: '#neuron=features.12:3' });
    await w.ready();
    await w.takeSample('coffee.jpg');
    await w.threeCardsShow('features.12, channel 3');
    assert.equal(
      await w.page.textContent('.link-notice p'),
      'From the link: features.12, channel 3.',
    );
    assert.equal(
      await w.page.locator('.link-notice button').textContent(),
      'Explain espresso instead',
    );
  });

  test('a class chosen here is no wish for another photo after a reload, one of the link is', async () => {
    const v = await arrive();
    await v.ready();
    await v.upload(photoSample('red-panda.jpg'));
    await v.classified();
    await v.page.waitForFunction(() => location.hash === '#class=387');
    await v.page.reload();
    await v.ready();
    await v.takeSample('coffee.jpg');
    assert.deepEqual(await v.pressed(), ['espresso']);
    assert.equal(await v.page.textContent('#saliency .card-class'), 'espresso');
    await v.leave();

    const w = await arrive({ hash: '#class=387' });
    await w.ready();
    await w.page.reload();
    await w.ready();
    await w.takeSample('coffee.jpg');
    await w.threeCardsShow('red panda');
  });
});

describe('a link with settings that don’t exist says so, and the page goes on without them', () => {
  for (const [hash, sentences] of Object.entries({
    '#class=99999': [/It asks for class 99999; this network has 0 to 999\./],
    '#class=<script>': [/It asks for class <script>; /],
    '#neuron=features.99:1': [
      /It asks for the neuron features\.99:1, which this network does not have\./,
    ],
    '#method=bogus&map=jet': [/It asks for the method “bogus”/, /It asks for the colours “jet”/],
    '#seed=lots&opacity=7&seeds=none&ground=sky': [
      /the seed lots; seeds are whole numbers from 0 to 4294967295/,
      /an opacity of 7; opacity goes from 0 to 1/,
      /the seeds “none”/,
      /the background “sky”/,
    ],
    '#recipe=soup&side=7&start=end&device=toaster': [
      /the recipe “soup”/,
      /the size “7”/,
      /the start “end”/,
      /the device “toaster”/,
    ],
    '#clas=285&constructor=1': [
      /It says “clas=285”, which this page has no setting for\./,
      /“constructor=1”/,
    ],
  })) {
    test(hash, async () => {
      const v = await arrive({ hash });
      await v.ready();
      const card = await v.problem('link-not-understood');
      const text = await card.textContent();
      for (const sentence of sentences) assert.match(text, sentence);
      assert.equal(await v.page.locator('.problem').count(), 1);
      assert.deepEqual(
        await v.page.evaluate(() =>
          [
            'method',
            'colour-map',
            'ground',
            'opacity',
            'seeds',
            'recipe',
            'model-side',
            'model-start',
          ].map((id) => document.getElementById(id).value),
        ),
        ['gradient', 'inferno', 'grey', '1', 'best', 'robust', '', ''],
      );
      await v.dismissProblems();
      await v.takeSample('chelsea.jpg');
      assert.deepEqual(await v.pressed(), (await v.classes()).slice(0, 1));
    });
  }

  test('one that is opened where the page is open, too; a good one says nothing', async () => {
    const v = await arrive({
      hash: '#method=deconvnet&map=viridis&ground=none&opacity=0.5&seeds=paper&recipe=sharp&seed=3&side=320&start=photo&device=cpu',
    });
    await v.ready();
    assert.equal(await v.page.locator('.problem').count(), 0);
    await v.page.evaluate(() => {
      location.hash = '#class=1000&method=tea_leaves';
    });
    assert.match(
      await (await v.problem('link-not-understood')).textContent(),
      /the method “tea_leaves”.*class 1000/,
    );
  });
});

describe('a link, the history and a reload bring back what was shown', () => {
  /** What the map's canvas shows. */
  const mapPixels = () =>
    site.visitor.page.evaluate(() =>
      document.querySelectorAll('#saliency .stage canvas')[1].toDataURL(),
    );

  test('the link of a sample gives another visitor the same pixels; a reload, too', async () => {
    const v = await explained({ file: 'jaguars.jpg', hash: '#method=grad_cam&map=viridis' });
    await v.page.selectOption('#against', { index: 1 });
    await v.threeCardsShow('leopard rather than jaguar');
    await v.stopModel();
    await v.finished();
    await v.page.click('#copy-link');
    await v.page.waitForSelector('#copy-link:text-is("Copied")');
    const link = await v.page.evaluate(() => navigator.clipboard.readText());
    assert.match(link, /#photo=jaguars&class=288-290&method=grad_cam&map=viridis$/);
    const pixels = await mapPixels();
    await v.leave();

    const w = await arrive({ hash: new URL(link).hash });
    for (const again of [false, true]) {
      if (again) await w.page.reload();
      await w.page.waitForSelector('#cut');
      await w.threeCardsShow('leopard rather than jaguar');
      await w.stopModel();
      await w.finished();
      assert.equal(await mapPixels(), pixels);
      assert.match(await w.page.textContent('.link-notice p'), /^From the link: leopard rather/);
    }
  });

  test('Back and Forward go through classes and samples', async () => {
    const v = await explained({ file: 'jaguars.jpg' });
    const shows = (hash, name) =>
      v.page.waitForFunction(
        ([wanted, title]) => location.hash === wanted && document.title.startsWith(title),
        [hash, name],
      );
    await shows('#photo=jaguars&class=288', 'leopard');
    await v.chooseClass(1);
    await shows('#photo=jaguars&class=290', 'jaguar');
    await v.takeSample('coffee.jpg');
    await shows('#photo=coffee&class=967', 'espresso');
    for (const [go, hash, name] of [
      ['goBack', '#photo=jaguars&class=290', 'jaguar'],
      ['goBack', '#photo=jaguars&class=288', 'leopard'],
      ['goForward', '#photo=jaguars&class=290', 'jaguar'],
      ['goForward', '#photo=coffee&class=967', 'espresso'],
    ]) {
      await v.page[go]();
      await shows(hash, name);
      await v.threeCardsShow(name);
      assert.equal(await v.page.isVisible('.link-notice'), false);
    }
  });

  test('a sample that does not exist is said, and the page goes on without it', async () => {
    const v = await arrive({ hash: '#photo=unicorn' });
    await v.ready();
    const card = await v.problem('link-not-understood');
    assert.match(await card.textContent(), /the photo “unicorn”, which is none of the samples/);
    await v.dismissProblems();
    await v.takeSample('coffee.jpg');
    assert.deepEqual(await v.pressed(), ['espresso']);
  });
});
