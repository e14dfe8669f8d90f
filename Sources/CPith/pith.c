// The functions are in the Swift target PithC; this checks that the header is C by itself.
#include "pith.h"
