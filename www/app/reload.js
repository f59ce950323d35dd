// All that the page in between does: a new version takes over, and only then it loads the page once
// more (see service_worker.js). A navigation that begins while one worker replaces the other may
// never end. By a script, as a `Refresh` header would only jump to the address's own #part.

navigator.serviceWorker.getRegistration().then((registration) => {
  if (!registration?.waiting) return location.reload();
  navigator.serviceWorker.addEventListener('controllerchange', () => location.reload());
  registration.waiting.postMessage({ takeOver: true });
});
