/* Pith: runs image classifiers from .pith files.
 *
 * A session holds everything that one call at a time needs. One thread at a time may use a session; different sessions
 * may be used at the same time. No function prints, ends the process or keeps a pointer that it is given.
 *
 *     pith_session *session;
 *     char message[512];
 *     if (pith_open("model.pith", NULL, &session, message, sizeof message) != PITH_OK) {
 *       fprintf(stderr, "%s\n", message);
 *       return 1;
 *     }
 *     // input: pith_input_count(session) floats; output: room for pith_output_count(session) floats
 *     pith_run(session, input, 1, output, message, sizeof message);
 *     pith_free(session);
 */
#ifndef PITH_H
#define PITH_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How a call ended. The numbers never change meaning; later versions may return others. They are those that the
 * command prints with --format json. */
typedef enum pith_status {
  PITH_OK = 0,
  /* An argument makes no sense. */
  PITH_INVALID_ARGUMENT = 1,
  /* A file cannot be opened or read. */
  PITH_FILE_ACCESS = 2,
  /* A file breaks a rule of the format. */
  PITH_MALFORMED_FILE = 3,
  /* Bytes do not match their checksum. */
  PITH_CHECKSUM_MISMATCH = 4,
  /* A file needs a later version of Pith. */
  PITH_UNSUPPORTED_VERSION = 5,
  /* A size is above a limit. */
  PITH_LIMIT_EXCEEDED = 6,
  /* A tensor that is needed is not there, or one is there that nothing needs. */
  PITH_TENSOR_MISMATCH = 7,
  /* A shape does not fit. */
  PITH_SHAPE_MISMATCH = 8,
  /* The layers of a model do not form a network. */
  PITH_INVALID_GRAPH = 9,
  /* An operation or feature is not known. */
  PITH_UNSUPPORTED = 10,
  /* An image cannot be decoded. */
  PITH_MALFORMED_IMAGE = 11,
  /* An image does not have the size that the model takes. */
  PITH_IMAGE_SIZE = 12,
  /* A checkpoint of another program cannot be read. */
  PITH_MALFORMED_CHECKPOINT = 13,
  /* A checkpoint asks for code to be run. */
  PITH_UNSAFE_CHECKPOINT = 14,
  /* A model has no preprocessing recipe. */
  PITH_MISSING_PREPROCESSING = 15,
  /* A value is NaN or infinite, or a variance is negative. */
  PITH_INVALID_VALUE = 16,
  /* A model does not reproduce its golden samples or its identity. */
  PITH_VERIFICATION_FAILED = 17,
  /* The text of a network cannot be read. */
  PITH_MALFORMED_NETWORK = 18
} pith_status;

/* How a model is opened. Fields that are 0 stand for their defaults. */
typedef struct pith_options {
  /* sizeof(pith_options), which tells this version of the structure from later, longer ones. */
  size_t size;
  /* Threads that compute, the caller among them, at most 512. Default: the processors that the affinity of the process
   * and the quota of its control group allow. */
  size_t threads;
  /* Images that are computed together, at most 4096; more in a call are computed piece by piece. Memory grows with
   * it. Default: 1. */
  size_t batch;
  /* Whether only plain sums are allowed (not 0): slower, and closer to exact arithmetic. */
  int exact;
} pith_options;

/* A model that is ready to run. */
typedef struct pith_session pith_session;

/* Opens a .pith file, checks it and prepares its weights.
 *
 * The model must have one input and one output.
 *
 *   path      the file, ending with a zero byte
 *   options   NULL: all defaults
 *   session   receives the session, or NULL when the call fails; give it to pith_free
 *   message   receives what went wrong as a sentence in UTF-8 that ends with a zero byte, cut to `capacity` bytes; empty
 *             when nothing did; may be NULL
 */
pith_status pith_open(const char *path, const pith_options *options, pith_session **session,
                      char *message, size_t capacity);

/* The number of values in one image as the model takes it; 0 when `session` is NULL. */
size_t pith_input_count(const pith_session *session);

/* The number of values that the model gives for one image; 0 when `session` is NULL. */
size_t pith_output_count(const pith_session *session);

/* The dimensions of one image as the model takes it, outermost first and without the batch: channels, height, width.
 *
 * Writes at most `capacity` of them and returns how many there are, at most 8; 0 when `session` is NULL. */
size_t pith_input_shape(const pith_session *session, size_t *dimensions, size_t capacity);

/* The dimensions of what the model gives for one image; as pith_input_shape. */
size_t pith_output_shape(const pith_session *session, size_t *dimensions, size_t capacity);

/* Computes any number of images.
 *
 *   input     images x pith_input_count values, one image after the other, each row-major; already resized and
 *             normalised: no recipe is applied
 *   output    room for images x pith_output_count values, overwritten; must not overlap the input
 *   message   as for pith_open
 *
 * Allocates nothing that grows with the number of images. */
pith_status pith_run(pith_session *session, const float *input, size_t images, float *output,
                     char *message, size_t capacity);

/* Ends the threads of a session and gives its memory back. NULL is allowed; a session is freed once. */
void pith_free(pith_session *session);

/* The version of the library, for example "0.1.0"; valid for ever. */
const char *pith_version(void);

#ifdef __cplusplus
}
#endif

#endif
