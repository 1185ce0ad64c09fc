import { Anchor, Button, NavLink, type AnchorProps, type ButtonProps, type NavLinkProps } from '@mantine/core';
import { createLink } from '@tanstack/react-router';
import { forwardRef, type ReactNode } from 'react';

// TextLink, ButtonLink and RailLink are real links to pages: they open in a new tab, can be
// copied, and the compiler checks that they lead somewhere.

type Children = { children?: ReactNode };

export const TextLink = createLink(
  forwardRef<HTMLAnchorElement, Omit<AnchorProps, 'href'> & Children>((props, ref) => <Anchor underline="always" ref={ref} {...props} />),
);

export const ButtonLink = createLink(
  forwardRef<HTMLAnchorElement, Omit<ButtonProps, 'href'> & Children>((props, ref) => <Button component="a" ref={ref} {...props} />),
);

export const RailLink = createLink(
  forwardRef<HTMLAnchorElement, Omit<NavLinkProps, 'href'>>((props, ref) => <NavLink component="a" ref={ref} {...props} />),
);
