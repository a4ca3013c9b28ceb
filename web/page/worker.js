// The engine in a worker: the page stays quick however large the pictures are.

import { Engine } from './engine.js';
// What the engine imports, named here too: so all is fetched at once, not after the engine's arrival.
import './asking.js';
import './batch.js';
import './connection.js';
import './feed.js';
import './measure.js';
import './numbers.js';
import './payload.js';
import './screen.js';
import './slices.js';
import './tiles.js';
import './wire.js';
import './words.js';

const engine = new Engine((report, transfer) => self.postMessage(report, { transfer: transfer ?? [] }));
self.onmessage = (event) => engine.obey(event.data);
self.postMessage({ report: 'ready' });
