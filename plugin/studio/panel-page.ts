import { type NetworkAccess, pluginPolicy } from './build/content-policy.ts';
import { figmaThemeStyle } from './build/figma-colours.ts';

/** Figma sets the theme class before the plugin's page is seen, and again whenever the person changes it. */
const THEME_SCRIPT = `
const show = (theme) => (document.documentElement.className = theme === 'dark' ? 'figma-dark' : 'figma-light');
show(new URLSearchParams(location.search).get('theme'));
addEventListener('message', (event) => {
  if (event.source === parent && event.data && event.data.studioTheme) {
    event.stopImmediatePropagation();
    show(event.data.studioTheme);
  }
});`;

/** The plugin's page as the studio frames it: as it is, with Figma's content policy and theme before it. */
export function panelPage(uiHtml: string, access: NetworkAccess): string {
  const head = [
    `<meta http-equiv="Content-Security-Policy" content="${pluginPolicy(access)}" />`,
    `<style>${figmaThemeStyle()}</style>`,
    `<script>${THEME_SCRIPT}</script>`,
  ].join('\n    ');
  if (!uiHtml.includes('<head>'))
    throw new Error('internal: the plugin page has no <head> for the content policy');
  return uiHtml.replace('<head>', () => `<head>\n    ${head}`);
}
