import { render } from 'preact';
import { App } from './app.tsx';
import './studio.css';
import { Studio } from './studio.ts';

const place = document.getElementById('studio')!;
const studio = await Studio.open().catch(() => {
  // Private windows of some browsers have no storage; without it there are no documents.
  place.textContent =
    'The studio cannot open its storage in this browser. Leave private browsing, or use another browser.';
});
if (studio) {
  place.textContent = '';
  render(<App studio={studio} />, place);
}
