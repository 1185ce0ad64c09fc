// OverviewSearch is what the charts show; it stands in the address.
export interface OverviewSearch {
  range?: '1h' | '7d'; // 24 hours without it
  connector?: string;
  as?: 'table'; // charts without it
}

// overviewSearch reads it from an address.
export function overviewSearch(search: Record<string, unknown>): OverviewSearch {
  const { range, connector, as } = search;
  return {
    range: range === '1h' || range === '7d' ? range : undefined,
    connector: typeof connector === 'string' && connector !== '' ? connector : undefined,
    as: as === 'table' ? as : undefined,
  };
}
