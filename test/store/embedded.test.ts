import { openEmbeddedStore } from '../../src/storage/embedded/open.ts';
import { describeStore } from './describe-store.ts';
import { testLogger } from './samples.ts';

describeStore('embedded store', (dir, clock) =>
  openEmbeddedStore({ dir, clock, logger: testLogger(), options: { reserveBytes: 0 } }),
);
