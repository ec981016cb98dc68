import { t } from '../../lib/i18n.js';

/** Why a line waits. @param {string} by @param {string} reason */
export function heldWords(by, reason) {
  switch (by) {
    case 'words': return t('Held for the word “{word}”', { word: reason });
    case 'links': return t('Held for a link to {host}', { host: reason });
    case 'raid': return t('Many say this at once');
    case 'hold_all': return t('Every line waits');
    default: return reason || t('Held by a program');
  }
}

/** What was done, and to whom. @param {import('./moderation.js').Entry} entry */
export function deedWords({ action, member, details }) {
  const name = member?.display_name || member?.identity || '';
  switch (action === 'undo' ? `undo:${details.action}` : action) {
    case 'message.delete': return t('A line of {name} was deleted', { name });
    case 'member.mute': return t('{name} was muted', { name });
    case 'undo:member.mute':
    case 'member.unmute': return t('{name} may write again', { name });
    case 'member.slow': return t('{name} was slowed down', { name });
    case 'undo:member.slow':
    case 'member.unslow': return t('{name} may write as fast as others', { name });
    case 'member.ban': return t('{name} was banned', { name });
    case 'undo:member.ban':
    case 'member.unban': return t('{name} may come back', { name });
    case 'network.ban': return t('A network was banned');
    case 'undo:network.ban':
    case 'network.unban': return t('A network may come back');
    case 'member.appoint': return t('{name} has another role', { name });
    case 'undo:rules.change':
    case 'rules.change': return t('The rules were changed');
    case 'undo:line.reject':
    case 'line.hold': return t('A line of {name} was held', { name });
    case 'line.refuse': return t('A line of {name} was refused', { name });
    case 'undo:message.delete':
    case 'line.approve': return t('A line of {name} was shown', { name });
    case 'line.reject': return t('A line of {name} was rejected', { name });
    case 'stage.remove': return t('{name} is off the stage.', { name });
    case 'stage.mute': return details.audio || details.video
      ? t('Sound or picture of {name} was muted on the stage', { name })
      : t('Sound or picture of {name} is open on the stage again', { name });
    case 'stage.invite': return t('{name} is invited.', { name });
    case 'stage.withdraw': return t('The invitation of {name} to the stage was taken back', { name });
    case 'stage.pin': return t('{name} was pinned on the stage', { name });
    case 'stage.unpin': return t('{name} is no longer pinned on the stage', { name });
    case 'message.pin': return t('A line of {name} was pinned', { name });
    case 'message.unpin': return t('The pinned line of {name} was taken off', { name: name || '–' });
    case 'question.remove': return t('A question of {name} was taken away', { name });
    case 'translation.edit': return t('Words of {name} were put into another language', { name });
    case 'report.uphold': return t('Reports were right: a line of {name} is gone', { name });
    case 'report.dismiss': return t('Reports of a line of {name} were dismissed', { name });
    default: return t('Something was undone for {name}', { name: name || '–' });
  }
}
