// Starts the page. If that fails, shows the sentence for it, which index.html has from the beginning.
// Not a module: this has to run if the page's modules are missing, from two versions, or forbidden,
// as in a page that was opened as a file.

{
  const sentence = /** @type {HTMLElement} */ (document.querySelector('.not-started'));
  import('./main.js').catch((error) => {
    console.error(error);
    for (const part of sentence.querySelectorAll('[data-when]')) {
      /** @type {HTMLElement} */ (part).hidden =
        part.getAttribute('data-when') !== (location.protocol === 'file:' ? 'file' : 'parts');
    }
    sentence.classList.add('failed');
    document.body.replaceChildren(sentence);
    const reloadButton = sentence.querySelector('button');
    reloadButton?.addEventListener('click', () => {
      // The module that downloads everything again may itself be the one that is missing.
      import('./builds.js')
        .then(({ reloadEverything }) => reloadEverything())
        .catch(() => location.reload());
    });
  });
}
