/**
 * The processes that train one network together, as a launcher has started them: which of them this
 * is, how they find each other, what rank 0 tells the others, how each learns that another has
 * ended or does not follow; and MPI. Nothing here knows devices or tensors.
 */
package sakd.ranks;
