/**
 * Telemetry of onnxruntime, turned off before the library is loaded. From 1.29 on its builds for Linux send the names of models
 * and what computes to their maker, keep what waits to be sent in the user's cache, and hold up a process's end for minutes
 * where no network answers. Nothing leaves this computer.
 *
 * Imported before the library by every module that uses it: the library reads the variable once, when it is loaded.
 */

process.env.ORT_DISABLE_TELEMETRY = '1';
