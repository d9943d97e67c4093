/**
 * The protocol's number. It goes up when an older client would misread a message or send one that is refused;
 * a new optional field is no reason. There is no negotiation: companion and plugin are installed together.
 */
export const PROTOCOL_VERSION = 3;
