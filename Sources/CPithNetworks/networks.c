#include "pith_networks.h"

#pragma clang diagnostic push
// #embed is C23, which clang offers in older C too.
#pragma clang diagnostic ignored "-Wc23-extensions"
static const unsigned char alexnet[] = {
#embed "alexnet.network"
};
static const unsigned char densenet[] = {
#embed "densenet.network"
};
static const unsigned char efficientnet_b0[] = {
#embed "efficientnet_b0.network"
};
static const unsigned char googlenet[] = {
#embed "googlenet.network"
};
static const unsigned char lenet[] = {
#embed "lenet.network"
};
static const unsigned char mobilenet_v2[] = {
#embed "mobilenet_v2.network"
};
static const unsigned char mobilenet_v3_large[] = {
#embed "mobilenet_v3_large.network"
};
static const unsigned char resnet_cifar[] = {
#embed "resnet-cifar.network"
};
static const unsigned char resnet[] = {
#embed "resnet.network"
};
static const unsigned char squeezenet1_1[] = {
#embed "squeezenet1_1.network"
};
static const unsigned char vgg[] = {
#embed "vgg.network"
};
#pragma clang diagnostic pop

static const pith_network networks[] = {
    {"alexnet", alexnet, sizeof alexnet},
    {"densenet", densenet, sizeof densenet},
    {"efficientnet_b0", efficientnet_b0, sizeof efficientnet_b0},
    {"googlenet", googlenet, sizeof googlenet},
    {"lenet", lenet, sizeof lenet},
    {"mobilenet_v2", mobilenet_v2, sizeof mobilenet_v2},
    {"mobilenet_v3_large", mobilenet_v3_large, sizeof mobilenet_v3_large},
    {"resnet-cifar", resnet_cifar, sizeof resnet_cifar},
    {"resnet", resnet, sizeof resnet},
    {"squeezenet1_1", squeezenet1_1, sizeof squeezenet1_1},
    {"vgg", vgg, sizeof vgg},
};

const pith_network *const pith_networks = networks;
const size_t pith_network_count = sizeof networks / sizeof networks[0];
