// Every command by its name (Ctrl+K), the keys that give some of them directly, and a list of those keys (?).

import '@mantine/spotlight/styles.css';
import { Group, Kbd, Modal, Table, useMantineColorScheme } from '@mantine/core';
import { useDisclosure, useHotkeys } from '@mantine/hooks';
import { notifications } from '@mantine/notifications';
import { createSpotlight, Spotlight, type SpotlightActionData } from '@mantine/spotlight';
import { useLocation } from 'wouter';
import { useLibrary, useStudio } from '../hooks/studio-context.ts';
import { toStudioError } from '../hooks/to-studio-error.ts';
import { chooseLanguage, LANGUAGES, type Language } from '../language/language.ts';
import { t, translate } from '../language/translate.ts';
import { DESTINATIONS } from './navigation.tsx';
import { activeRunCommands } from './run-commands.ts';

const [store, spotlight] = createSpotlight();

export const openPalette = (): void => spotlight.open();

/** A command that fails says so in a corner: it was given from anywhere. */
function give(work: () => Promise<unknown>): void {
  work().catch((thrown: unknown) => {
    const { message, hint } = toStudioError(thrown);
    notifications.show({
      color: 'red',
      title: translate(message),
      message: hint === undefined ? '' : translate(hint),
    });
  });
}

export function CommandPalette() {
  const [helps, { open: openHelp, close: closeHelp }] = useDisclosure(false);
  const [, navigate] = useLocation();
  const { client } = useStudio();
  const { active, runs } = useLibrary();
  const { setColorScheme } = useMantineColorScheme();
  const commands = activeRunCommands(client, active);
  useHotkeys([
    ['mod+K', openPalette],
    ['shift+?', openHelp],
    // Some keyboards have it without shift.
    ['?', openHelp],
    ...commands.filter(({ keys }) => keys !== '').map(({ keys, run }): [string, () => void] => [keys, () => give(run)]),
  ]);
  const action = (id: string, group: string, label: string, onClick: () => void): SpotlightActionData => ({
    id,
    group,
    label,
    onClick,
  });
  const actions = [
    ...commands.map(({ id, label, run }) => action(`run-${id}`, t`Active run`, label, () => give(run))),
    ...DESTINATIONS.map(({ href, label }) => action(href, t`Go to`, translate(label), () => navigate(href))),
    ...(runs ?? []).slice(0, 8).map(({ runId, name }) => action(runId, t`Runs`, name, () => navigate(`/run/${runId}`))),
    ...(['light', 'dark', 'auto'] as const).map((scheme) =>
      action(`theme-${scheme}`, t`Appearance`, themeLabel(scheme), () => setColorScheme(scheme)),
    ),
    ...Object.entries(LANGUAGES).map(([code, name]) =>
      action(`language-${code}`, t`Appearance`, name, () => give(() => chooseLanguage(code as Language))),
    ),
    action('shortcuts', t`Help`, t`Keyboard shortcuts`, openHelp),
  ];
  return (
    <>
      <Spotlight
        store={store}
        actions={grouped(actions)}
        shortcut={null}
        nothingFound={t`No command is called that`}
        searchProps={{ placeholder: t`Find a command`, 'aria-label': t`Find a command` }}
      />
      <Modal
        opened={helps}
        onClose={closeHelp}
        title={t`Keyboard shortcuts`}
        closeButtonProps={{ 'aria-label': t`Close` }}
      >
        <Shortcuts />
      </Modal>
    </>
  );
}

function themeLabel(scheme: 'light' | 'dark' | 'auto'): string {
  return scheme === 'auto' ? t`Theme of the system` : scheme === 'dark' ? t`Dark theme` : t`Light theme`;
}

function grouped(actions: readonly SpotlightActionData[]) {
  const groups = [...new Set(actions.map(({ group }) => group))];
  return groups.map((group) => ({
    group: group ?? '',
    actions: actions.filter((each) => each.group === group),
  }));
}

/** Also shown on the settings screen. */
export function Shortcuts() {
  const rows: readonly (readonly [keys: readonly string[], what: string])[] = [
    [['Ctrl', 'K'], t`Find a command`],
    [['?'], t`Keyboard shortcuts`],
    [['P'], t`Pause or continue the active run`],
    [['S'], t`Save a checkpoint now`],
    [['E'], t`Evaluate now`],
    [['1'], t`First tab of a run; 2 to 7 the others`],
    [['L'], t`Logarithmic charts, and back`],
    [['Ctrl', 'Enter'], t`Send what is typed`],
  ];
  return (
    <Table aria-label={t`Keyboard shortcuts`} data-testid="shortcuts">
      <Table.Tbody>
        {rows.map(([keys, what]) => (
          <Table.Tr key={what}>
            <Table.Td>
              <Group gap={4} wrap="nowrap">
                {keys.map((key) => (
                  <Kbd key={key}>{key}</Kbd>
                ))}
              </Group>
            </Table.Td>
            <Table.Td>{what}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
