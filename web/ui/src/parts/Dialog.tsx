import { Group, Modal } from '@mantine/core';
import type { ReactNode } from 'react';

// Dialog asks something before anything else goes on. It keeps the focus, and gives it back; what
// is to have it first carries data-autofocus.
export function Dialog({ title, onClose, children }: { title: string; onClose: () => void; children: ReactNode }) {
  return (
    <Modal.Root opened onClose={onClose}>
      <Modal.Overlay />
      <Modal.Content>
        <Modal.Body pt="md">
          <Group justify="space-between" align="flex-start" wrap="nowrap" mb="md">
            <Modal.Title fw={700} style={{ overflowWrap: 'anywhere', minWidth: 0 }}>{title}</Modal.Title>
            <Modal.CloseButton size="lg" aria-label="Close" />
          </Group>
          {children}
        </Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}
