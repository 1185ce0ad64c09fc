import { createTheme, defaultVariantColorsResolver, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core';

// The colours of both themes. Every pair of text and ground here meets WCAG AA; components name
// the meaning (var(--ok), var(--warn-ground)), never a colour.
const light = {
  ground: '#ffffff',
  panel: '#f6f7f9',
  ink: '#1b1f24',
  mute: '#57606a',
  edge: '#8c959f',
  hairline: '#d5dae0',
  ok: '#1a6b34',
  'ok-ground': '#e6f4ea',
  warn: '#7a4b00',
  'warn-ground': '#fff4d6',
  bad: '#a3181f',
  'bad-ground': '#fdebec',
  info: '#0b4f8a',
  'info-ground': '#e6f0fa',
  brand: '#0b5fb0',
  'brand-hover': '#094f93',
  'on-brand': '#ffffff',
};

const dark: typeof light = {
  ground: '#0f1318',
  panel: '#171c23',
  ink: '#e8ecf1',
  mute: '#a2adb9',
  edge: '#768390',
  hairline: '#2f3843',
  ok: '#7ee2a0',
  'ok-ground': '#10301c',
  warn: '#f5c451',
  'warn-ground': '#35270a',
  bad: '#ff9a9f',
  'bad-ground': '#3c1416',
  info: '#9ccbff',
  'info-ground': '#10263c',
  brand: '#7cb7ff',
  'brand-hover': '#a3ccff',
  'on-brand': '#08223f',
};

const brand: MantineColorsTuple = [
  '#e6f0fa', '#cfe2f6', '#9ccbff', '#7cb7ff', '#4a97e8', '#1f78cf', '#0b5fb0', '#094f93', '#073f76', '#052f59',
];

export const theme = createTheme({
  primaryColor: 'brand',
  colors: { brand },
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace',
  fontSizes: { xs: '0.8125rem', sm: '0.9375rem', md: '1rem', lg: '1.125rem', xl: '1.25rem' },
  headings: { sizes: { h1: { fontSize: '1.5rem' }, h2: { fontSize: '1.2rem' }, h3: { fontSize: '1rem' } } },
  defaultRadius: 'md',
  cursorType: 'pointer',
  respectReducedMotion: true,
  variantColorResolver: (input) => {
    const colours = defaultVariantColorsResolver(input);
    const own = input.color === undefined || input.color === 'brand';
    if (own && input.variant === 'filled') {
      return { ...colours, background: 'var(--brand)', hover: 'var(--brand-hover)', color: 'var(--on-brand)' };
    }
    if (own && (input.variant === 'light' || input.variant === 'subtle' || input.variant === 'transparent')) {
      return { ...colours, background: input.variant === 'light' ? 'var(--info-ground)' : 'transparent', hover: 'var(--info-ground)', color: 'var(--info)' };
    }
    if (input.color === 'bad') {
      const filled = input.variant === 'filled';
      return {
        background: filled ? 'var(--bad)' : 'transparent',
        hover: filled ? 'var(--bad)' : 'var(--bad-ground)',
        color: filled ? 'var(--ground)' : 'var(--bad)',
        border: '1px solid var(--bad)',
      };
    }
    return colours;
  },
});

// resolveVariables gives the colours to the components of the library too.
export const resolveVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: variables(light),
  dark: variables(dark),
});

function variables(of: typeof light): Record<string, string> {
  const own = Object.fromEntries(Object.entries(of).map(([name, colour]) => [`--${name}`, colour]));
  return {
    ...own,
    '--mantine-color-body': of.ground,
    '--mantine-color-text': of.ink,
    '--mantine-color-dimmed': of.mute,
    '--mantine-color-anchor': of.info,
    '--mantine-color-default': of.ground,
    '--mantine-color-default-hover': of.panel,
    '--mantine-color-default-color': of.ink,
    '--mantine-color-default-border': of.edge,
    '--mantine-color-placeholder': of.mute,
    '--mantine-color-error': of.bad,
    '--mantine-primary-color-filled': of.brand,
    '--mantine-primary-color-filled-hover': of['brand-hover'],
    '--mantine-primary-color-contrast': of['on-brand'],
    '--mantine-color-brand-filled': of.brand,
    '--mantine-color-brand-filled-hover': of['brand-hover'],
    '--mantine-color-brand-outline': of.info,
    '--mantine-color-brand-text': of.info,
    '--table-border-color': of.hairline,
  };
}
