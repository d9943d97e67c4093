/**
 * Every limit of the protocol, with its reason. The companion holds them against hostile input; clients read them to
 * say no before anything is sent.
 */

const KIB = 1024;
const MIB = 1024 * KIB;

/** A control message is a prompt and a few dozen ids, a few kilobytes; a long one is no message of ours. */
export const MESSAGE_MAX_BYTES = 64 * KIB;

/** A frame's header is one small object; its length is written in 16 bits, and this is far below them. */
export const FRAME_HEADER_MAX_BYTES = 4 * KIB;

/** A 4096 px PNG with alpha and photographic content takes some 25 to 40 MB. */
export const IMAGE_MAX_BYTES = 48 * MIB;

/** One binary frame: the largest image, its header and the fixed fields. */
export const FRAME_MAX_BYTES = IMAGE_MAX_BYTES + FRAME_HEADER_MAX_BYTES + 8;

/** Figma neither exports nor places more, and the model sees a small part of it. An enlarged picture is no larger: 4x of 1024. */
export const IMAGE_MAX_SIDE = 4096;

/** Pixels that a decoder may produce: a few bytes of PNG can claim gigapixels. */
export const IMAGE_MAX_PIXELS = IMAGE_MAX_SIDE ** 2;

/** The paper uses 3 to 5 references; more than this add time and no likeness. */
export const TEACH_MAX_IMAGES = 32;

/** Uploads that wait for the request that names them, of one client: two full teachings. */
export const UPLOADS_MAX = 2 * TEACH_MAX_IMAGES;

/** A batch that still fits on a canvas beside a frame; more variants are another job. */
export const GENERATE_MAX_COUNT = 16;

/** The text encoder reads 77 tokens, some 400 letters; beyond this nothing could be meant. */
export const PROMPT_MAX_LENGTH = 1000;

/** Concepts in one prompt: each costs memory in every layer, and masks of more than a few do not separate. */
export const PROMPT_MAX_CONCEPTS = 4;

/** Rectangles of all concepts of a prompt: a layout has a handful. */
export const REGIONS_MAX = 16;

/** Soft edge of a painted part in pixels: an eighth of the largest picture, wider is no edge. */
export const PAINT_FEATHER_MAX = 512;

/** Names, notes and files' names: a line of text. */
export const TEXT_MAX_LENGTH = 200;

/** Rights are quoted from contracts: a sentence or two. The concept file's own limit. */
export const RIGHTS_MAX_LENGTH = 1000;

/** Waiting jobs of all clients together: hours of work. */
export const QUEUE_MAX_LENGTH = 100;

/** Jobs in the welcome: those under way and the newest ended ones; history has the rest. */
export const WELCOME_MAX_JOBS = 200;

/**
 * Ended jobs of a welcome or of a page of the history, as JSON: a catalogue may have half a megabyte, and a client that has to
 * take a hundred of them at once would be let go as one that reads too slowly.
 */
export const JOBS_MAX_BYTES = 4 * MIB;

/** Points of a learning curve: as many as the panel has pixels for at double density, in some ten kilobytes. */
export const CURVE_MAX_POINTS = 480;

/** Ended jobs are kept for half a year, which covers a campaign. */
export const HISTORY_MAX_DAYS = 180;

/** Two thousand jobs are read within a second at the start. */
export const HISTORY_MAX_JOBS = 2000;

/** Pictures and stopped teachings: some three thousand pictures of 1024 px, and little on a disk that holds models. */
export const HISTORY_MAX_BYTES = 4_000_000_000;

/** Removed concepts are kept in the trash: long enough to notice a mistake after a holiday. */
export const CONCEPT_TRASH_DAYS = 30;

/** Thumbnails of one answer: a screenful, in a megabyte or two. */
export const THUMBNAILS_MAX = 48;

/** Entries of one page of the history. */
export const HISTORY_PAGE_MAX = 100;

/** Seeds of a batch are seed, seed + 1, ...: the last must still be exact in 32 bits. */
export const SEED_MAX = 2 ** 32 - 1 - GENERATE_MAX_COUNT;

/** Likeness peaks long before, and pictures take harm after. */
export const TEACH_MAX_STEPS = 5000;

/** Samplers gain nothing after some 50 steps; 200 leaves room to look for oneself. */
export const GENERATE_MAX_STEPS = 200;

/** Beyond 20 pictures are burnt. */
export const GUIDANCE_MAX = 20;

/** 1 as taught; beyond 2 the residuals drown the model. */
export const STRENGTH_MAX = 2;

/** Latent cells of a side are an eighth of this, and attention grows with their fourth power. */
export const PICTURE_MAX_SIDE = 2048;

/** A socket that has not said hello with a good token by then is closed. */
export const HELLO_TIMEOUT_MS = 5_000;

/** LoRAs in one picture: a brand's style, an accelerator, and two to try. Each set of weights takes room in the cache. */
export const GENERATE_MAX_LORAS = 4;

/** Weights of a LoRA, 1 as it was trained: some are made to be used at more, and some the other way round, below 0. */
export const LORA_WEIGHT_MIN = -4;
export const LORA_WEIGHT_MAX = 4;

/** Between two pings of an idle client: below the minute after which middleboxes and sleep drop connections. */
export const PING_INTERVAL_MS = 20_000;

/** Companions that a client is paired with: one or two in use, and those of data folders that are gone. */
export const HELLO_MAX_KEYS = 8;

/** Cells of a catalogue that a client asks for: a range of products in its formats, and a record that is sent with each cell. */
export const CATALOGUE_MAX_CELLS = 500;

/** Names on one side of a catalogue's grid: what a person looks through. */
export const CATALOGUE_MAX_SIDE = 64;

/** Scenes of a preset: a list to choose from. */
export const PRESET_MAX_SCENES = 32;

/** Presets of a companion, and of a file of them: a team's campaigns. */
export const PRESETS_MAX = 200;
