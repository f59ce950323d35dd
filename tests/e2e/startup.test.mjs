// What can go wrong before the page is ready, and what the visitor then sees. All tests share one
// browser; `node --test tests/e2e/startup/versions.mjs` runs one file alone.

import './startup/storage.mjs';
import './startup/gpu.mjs';
import './startup/cannot_start.mjs';
import './startup/versions.mjs';
