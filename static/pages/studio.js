import { html } from 'htm/preact';
import { AccountGate } from '../components/account-gate.js';
import { Header } from '../components/header.js';
import { Skeleton } from '../components/states.js';
import { Rooms } from './studio/rooms.js';
import { StudioRoom } from './studio/studio-room.js';

/** @param {{ room?: string }} props */
export default function StudioPage({ room }) {
  if (room) return html`<${AccountGate} page=${StudioRoom} params=${{ id: room }} skeleton=${html`<${Skeleton} class="studio-skeleton-stage" />`} />`;
  return html`<${Header} current="studio" /><${AccountGate} page=${Rooms} />`;
}
