import { downloadNodes } from '../canvas/picture-download.ts';
import { Icon } from './icon.tsx';
import type { Studio } from './studio.ts';

/** What can be done with the selection, the plugin's relaunch buttons included. */
export function SelectionBar({ studio }: { studio: Studio }) {
  const { workspace } = studio.desk.value;
  workspace.revision.value;
  const nodes = workspace.selectedNodes();
  if (nodes.length === 0) return null;
  const [first] = nodes;
  // Figma shows the buttons that all selected layers have.
  const relaunch = studio.settings.relaunchButtons.filter(({ command }) =>
    nodes.every((node) => node.relaunch[command] !== undefined),
  );
  return (
    <section class="selection-bar" aria-label="Selection">
      <span class="what">{nodes.length === 1 ? first!.name : `${nodes.length} selected`}</span>
      {relaunch.map(({ command, name }) => (
        <button
          key={command}
          type="button"
          class="relaunch"
          title={first!.relaunch[command]}
          onClick={() => studio.relaunch(command)}
        >
          {name}
        </button>
      ))}
      <button
        type="button"
        title="Download as PNG"
        onClick={() => downloadNodes(nodes, workspace.scene, studio.pictures)}
      >
        <Icon name="download" />
        Download
      </button>
      <button type="button" title="Delete" onClick={() => workspace.deleteSelected()}>
        <Icon name="trash" />
      </button>
    </section>
  );
}
