import { effect, signal } from '@preact/signals';
import type { CanvasPalette } from '../canvas/painter.ts';

export type Theme = 'light' | 'dark';

const KEY = 'likeness-studio-theme';

function remembered(): Theme {
  const kept = localStorage.getItem(KEY);
  if (kept === 'light' || kept === 'dark') return kept;
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}

export const theme = signal<Theme>(remembered());

effect(() => {
  document.documentElement.dataset.theme = theme.value;
});

export function switchTheme(): void {
  theme.value = theme.value === 'light' ? 'dark' : 'light';
  localStorage.setItem(KEY, theme.value);
}

export const PALETTES: Readonly<Record<Theme, CanvasPalette>> = {
  light: { ground: '#f2f2f3', label: '#6b6b72', accent: '#0d7ff2', accentWash: 'rgb(13 127 242 / 0.1)' },
  dark: { ground: '#1b1b1d', label: '#a2a2aa', accent: '#3d9bff', accentWash: 'rgb(61 155 255 / 0.14)' },
};
