#ifndef PITH_DEFAULT_MODEL_H
#define PITH_DEFAULT_MODEL_H

#include <stddef.h>

/// The first byte of the model that the command uses when it is given none.
extern const unsigned char *const pith_default_model;
/// The number of bytes of that model.
extern const size_t pith_default_model_size;

#endif
