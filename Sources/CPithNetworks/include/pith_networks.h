#ifndef PITH_NETWORKS_H
#define PITH_NETWORKS_H

#include <stddef.h>

/// A file of the network language.
typedef struct {
  /// Without `.network`.
  const char *name;
  const unsigned char *bytes;
  size_t count;
} pith_network;

/// The first of the networks that are part of Pith.
extern const pith_network *const pith_networks;
/// How many there are.
extern const size_t pith_network_count;

#endif
