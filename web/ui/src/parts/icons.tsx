import type { ReactNode } from 'react';

// Icons are drawn here, so that no font has to have them. They are decoration: a word stands
// beside each, or the button has a label.
function icon(children: ReactNode) {
  return function Icon({ size = 18 }: { size?: number }) {
    return (
      <svg width={size} height={size} viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="2" strokeLinecap="round" strokeLinejoin="round" aria-hidden="true" focusable="false">
        {children}
      </svg>
    );
  };
}

export const IconOk = icon(<path d="M4 12.5 9.5 18 20 6.5" />);
export const IconWarn = icon(<><path d="M12 3 2 20h20z" /><path d="M12 10v4m0 3v.01" /></>);
export const IconBad = icon(<><circle cx="12" cy="12" r="9" /><path d="m8.5 8.5 7 7m0-7-7 7" /></>);
export const IconInfo = icon(<><circle cx="12" cy="12" r="9" /><path d="M12 11v5m0-9v.01" /></>);
export const IconDot = icon(<circle cx="12" cy="12" r="5" />);
export const IconWait = icon(<><circle cx="12" cy="12" r="9" /><path d="M12 7v5l3 2" /></>);
export const IconEye = icon(<><path d="M2 12s4-7 10-7 10 7 10 7-4 7-10 7S2 12 2 12z" /><circle cx="12" cy="12" r="3" /></>);
export const IconOff = icon(<><circle cx="12" cy="12" r="9" /><path d="M5.6 5.6 18.4 18.4" /></>);
export const IconPlus = icon(<path d="M12 5v14M5 12h14" />);
export const IconCopy = icon(<><rect x="9" y="9" width="11" height="11" rx="2" /><path d="M5 15V6a2 2 0 0 1 2-2h8" /></>);
export const IconSearch = icon(<><circle cx="11" cy="11" r="6" /><path d="m20 20-4.5-4.5" /></>);
export const IconPlug = icon(<path d="M9 3v5m6-5v5M6 8h12v3a6 6 0 0 1-12 0zm6 9v4" />);
export const IconUsers = icon(<><circle cx="9" cy="8" r="3.5" /><path d="M2.5 20c0-3.6 2.9-6 6.5-6s6.5 2.4 6.5 6M16 5a3.5 3.5 0 0 1 0 6.5M18.5 14.5c2 .8 3 2.7 3 5.5" /></>);
export const IconGroups = icon(<><rect x="3" y="3" width="8" height="8" rx="2" /><rect x="13" y="3" width="8" height="8" rx="2" /><rect x="3" y="13" width="8" height="8" rx="2" /><rect x="13" y="13" width="8" height="8" rx="2" /></>);
export const IconHome = icon(<path d="M3 11.5 12 4l9 7.5M5.5 10v10h13V10" />);
export const IconChanges = icon(<path d="M4 8h13l-3.5-3.5M20 16H7l3.5 3.5" />);
export const IconActivity = icon(<path d="M3 12h4l3-8 4 16 3-8h4" />);
export const IconAudit = icon(<><path d="M6 3h9l4 4v14H6z" /><path d="M10 12h6m-6 4h6" /></>);
export const IconSettings = icon(<><circle cx="12" cy="12" r="3" /><path d="M12 3v3m0 12v3M3 12h3m12 0h3M5.6 5.6l2.1 2.1m8.6 8.6 2.1 2.1m0-12.8-2.1 2.1m-8.6 8.6-2.1 2.1" /></>);
export const IconDownload = icon(<path d="M12 4v11m-4.5-4L12 15.5 16.5 11M5 20h14" />);
