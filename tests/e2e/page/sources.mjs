// Where a photo comes from: files, drops, pastes, the camera; and what is no photo.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { arrive, photoSample } from './site.mjs';

describe('a photo', () => {
  test('an uploaded file', async () => {
    const v = await arrive();
    await v.upload(photoSample('coffee.jpg')); // while the network is still being downloaded
    await v.classified();
    const names = await v.classes();
    assert.match(names.join(), /espresso|cup/);
    await v.chooseClass(0);
    await v.threeCardsShow(names[0]);
  });

  test('a dropped file, and a pasted one', async () => {
    const v = await arrive();
    await v.ready();
    for (const kind of ['drop', 'paste']) {
      await v.transfer(kind, { file: photoSample(kind === 'drop' ? 'macaw.jpg' : 'coffee.jpg') });
      await v.page.waitForFunction(
        (wanted) => document.querySelector('#classes')?.textContent.includes(wanted),
        kind === 'drop' ? 'macaw' : 'espresso',
      );
    }
  });

  test('a phone takes a photo with its own camera', async () => {
    const v = await arrive({
      viewport: { width: 360, height: 740 },
      hasTouch: true,
      isMobile: true,
    });
    await v.ready();
    assert.equal(await v.page.isVisible('button:text-is("Webcam")'), false);
    assert.equal(await v.page.getAttribute('#camera-input', 'capture'), 'environment');
    const [dialogue] = await Promise.all([
      v.page.waitForEvent('filechooser'),
      v.page.click('button:text-is("Take a photo")'),
    ]);
    await dialogue.setFiles({
      name: 'photo.jpg',
      mimeType: 'image/jpeg',
      buffer: photoSample('red-panda.jpg'),
    });
    await v.classified();
    assert.deepEqual(await v.pressed(), ['red panda']);
    // The result comes up by itself.
    await v.page.waitForFunction(
      () => document.querySelector('#saliency .stage').getBoundingClientRect().top < innerHeight,
    );
  });

  test('the webcam: a preview, a picture, and the camera is off again', async () => {
    const v = await arrive({
      before: () => {
        globalThis.tracks = [];
        const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
        navigator.mediaDevices.getUserMedia = async (wanted) => {
          const stream = await ask(wanted);
          globalThis.tracks.push(...stream.getTracks());
          return stream;
        };
      },
    });
    await v.ready();
    await v.page.click('text=Webcam');
    await v.page.click('text=Take the picture');
    await v.classified();
    const [name] = await v.classes();
    await v.chooseClass(0);
    await v.threeCardsShow(name);
    assert.deepEqual(
      await v.page.evaluate(() => globalThis.tracks.map((track) => track.readyState)),
      ['ended'],
    );

    await v.page.click('text=Webcam');
    await v.page.waitForSelector('text=Take the picture');
    await v.page.keyboard.press('Escape');
    await v.page.waitForSelector('text=Webcam');
    assert.deepEqual(
      await v.page.evaluate(() => globalThis.tracks.map((track) => track.readyState)),
      ['ended', 'ended'],
    );
  });
});

describe('what is no photo has a card, and the next action works', () => {
  const BAD = {
    'picture-empty': Buffer.alloc(0),
    'picture-unsupported': Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'),
    'picture-corrupt': () => photoSample('chelsea.jpg').subarray(0, 3000),
  };

  test('pictures', async () => {
    const v = await arrive();
    await v.ready();
    await v.takeSample('coffee.jpg');
    for (const [code, bytes] of Object.entries(BAD)) {
      await v.upload(typeof bytes === 'function' ? bytes() : bytes);
      await v.problem(code);
      assert.match((await v.classes()).join(), /espresso/, 'the photo that was there stays');
    }
    await v.transfer('drop', { zeros: 201_000_000 });
    await v.problem('picture-too-large');

    await v.upload(photoSample('macaw.jpg'));
    await v.page.waitForFunction(() =>
      document.querySelector('#classes')?.textContent.includes('macaw'),
    );
    assert.equal(await v.page.locator('.problem').count(), 0);
  });

  test('drops and pastes without a picture', async () => {
    const v = await arrive();
    await v.ready();
    await v.transfer('drop', { texts: { 'text/plain': 'words' } });
    await v.transfer('paste', { texts: { 'text/plain': 'words' } });
    await v.problem('drop-without-picture');
    await v.problem('paste-without-picture');
    await v.takeSample('coffee.jpg');
    assert.equal(await v.page.locator('.problem').count(), 0);
  });

  for (const [error, code] of Object.entries({
    NotAllowedError: 'camera-not-allowed',
    NotFoundError: 'camera-not-found',
    NotReadableError: 'camera-not-readable',
    OverconstrainedError: 'camera-overconstrained',
  })) {
    test(`camera: ${error}`, async () => {
      const v = await arrive();
      await v.page.evaluate((name) => {
        navigator.mediaDevices.getUserMedia = async () => {
          throw new DOMException('no', name);
        };
      }, error);
      await v.page.click('text=Webcam');
      await v.problem(code);
      await v.takeSample('coffee.jpg');
      assert.equal(await v.page.locator('.problem').count(), 0);
    });
  }
});

describe('a picture that is dropped from another web page', () => {
  for (const [type, text] of Object.entries({
    'text/uri-list': '# a comment\r\nhttps://example.org/cat.jpg\r\n',
    'text/html': '<meta charset="utf-8"><img src="https://example.org/cat.jpg" alt="A cat">',
    'text/x-moz-url': 'https://example.org/cat.jpg\nA cat',
    'text/plain': 'https://example.org/cat.jpg',
  })) {
    test(`as ${type}: what to do instead`, async () => {
      const v = await arrive();
      await v.ready();
      await v.transfer('drop', { texts: { [type]: text } });
      const said = await (await v.problem('drop-web-address')).textContent();
      assert.match(said, /Copy the picture there and paste it here, or save it and drop/);
      assert.equal(await v.page.locator('.problem').count(), 1);
      await v.takeSample('coffee.jpg');
      assert.equal(await v.page.locator('.problem').count(), 0);
    });
  }

  test('words with an address among them are no picture', async () => {
    const v = await arrive();
    await v.ready();
    await v.transfer('drop', { texts: { 'text/plain': 'see https://example.org/cat.jpg, a cat' } });
    await v.problem('drop-without-picture');
  });
});
