#include "pith_networks.h"

#pragma clang diagnostic push
// #embed is C23, which clang offers in older C too.
#pragma clang diagnostic ignored "-Wc23-extensions"
static const unsigned char resnet_cifar[] = {
#embed "resnet-cifar.network"
};
#pragma clang diagnostic pop

static const pith_network networks[] = {
    {"resnet-cifar", resnet_cifar, sizeof resnet_cifar},
};

const pith_network *const pith_networks = networks;
const size_t pith_network_count = sizeof networks / sizeof networks[0];
