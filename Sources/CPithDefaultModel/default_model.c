#include "pith_default_model.h"

#pragma clang diagnostic push
// #embed is C23, which clang offers in older C too.
#pragma clang diagnostic ignored "-Wc23-extensions"
static const unsigned char bytes[] = {
#embed "default.pith"
};
#pragma clang diagnostic pop

const unsigned char *const pith_default_model = bytes;
const size_t pith_default_model_size = sizeof bytes;
