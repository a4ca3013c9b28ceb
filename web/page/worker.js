// The engine in a worker: the page stays quick however large the pictures are.

import { Engine } from './engine.js';

const engine = new Engine((report) => self.postMessage(report));
self.onmessage = (event) => engine.obey(event.data);
self.postMessage({ report: 'ready' });
