import { render } from 'preact';
import '../style/theme.css';
import '../style/top-bar.css';
import '../style/layers.css';
import '../style/canvas.css';
import '../style/messages.css';
import '../style/panel.css';
import '../style/shortcuts.css';
import '../style/narrow-window.css';
import { App } from './app.tsx';
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
