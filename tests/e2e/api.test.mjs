// pkg/ as another program uses it: the names, shapes and errors of the JavaScript API. All features
// share one browser; `node --test tests/e2e/api/saliency.mjs` runs one alone. Run with
// `npm run e2e`.

import './api/lists.mjs';
import './api/devices.mjs';
import './api/classification.mjs';
import './api/saliency.mjs';
import './api/segmentation.mjs';
import './api/class_models.mjs';
import './api/arguments.mjs';
import './api/objects.mjs';
import './api/open_network.mjs';
import './api/bundled_networks.mjs';
import './api/errors.mjs';
