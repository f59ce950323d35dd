// The page in a real browser, on what `make build` has left in dist/. All features share one
// browser; `node --test tests/e2e/page/cut.mjs` runs one alone. Run with `npm run e2e`.

import './page/answers.mjs';
import './page/sources.mjs';
import './page/saliency.mjs';
import './page/class_models.mjs';
import './page/cut.mjs';
import './page/analyses.mjs';
import './page/links.mjs';
import './page/loading.mjs';
import './page/crashes.mjs';
import './page/layout.mjs';
