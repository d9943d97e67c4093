import './style/theme.css';
import './style/controls.css';
import './style/inputs.css';
import './style/layout.css';
import './style/connect.css';
import './style/fill.css';
import './style/places.css';
import './style/work.css';
import './style/lists.css';
import './style/models.css';
import './style/catalogue.css';
import { render } from 'preact';
import { App } from './app.ts';
import { AppContext } from './app-context.ts';
import { Shell } from './views/shell.tsx';

const app = new App();
render(
  <AppContext.Provider value={app}>
    <Shell />
  </AppContext.Provider>,
  document.getElementById('app')!,
);
app.start();
