import { beginVisit } from './room/visit.js';

/** @param {{ room: string }} params */
export const begin = ({ room }) => beginVisit(room);

export const screen = () => import('./room/room-page.js');
