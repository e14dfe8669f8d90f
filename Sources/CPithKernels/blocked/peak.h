// Included with PEAK, the name of the kernel; CHAINS, how many vectors of sums there are: enough to hide the latency of each,
// few enough to stay in registers; and WIDTH, the lanes of a vector.
typedef float peak_lanes __attribute__((vector_size(4 * WIDTH), aligned(4)));

float PEAK(size_t rounds, float factor, float term) {
  peak_lanes values[CHAINS], factors = (peak_lanes){0} + factor, terms = (peak_lanes){0} + term;
  // Different from each other and all of them used, or the compiler would drop some.
  UNROLL for (int i = 0; i < CHAINS; i++) values[i] = (peak_lanes){0} + (float)i;
  for (size_t round = 0; round < rounds; round++)
    UNROLL for (int pass = 0; pass < pith_peak_multiply_adds / (CHAINS * WIDTH); pass++)
      UNROLL for (int i = 0; i < CHAINS; i++) values[i] = values[i] * factors + terms;
  float total = 0;
  UNROLL for (int i = 0; i < CHAINS; i++)
    UNROLL for (int lane = 0; lane < WIDTH; lane++) total += values[i][lane];
  return total / (CHAINS * WIDTH);
}
