// keys are what records and users are compared by.
export const keys = [
  { key: 'userName', label: 'userName', hint: 'Regardless of case.' },
  { key: 'email', label: 'Primary e-mail', hint: 'Regardless of case.' },
  { key: 'externalId', label: 'externalId', hint: 'Within one tenant alone: numbers of different providers mean different people.' },
  { key: 'employeeNumber', label: 'employeeNumber', hint: 'Within one tenant alone. Numbers are not given to the next person, as addresses are.' },
];
