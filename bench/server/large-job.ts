/** Job of the companion under attack: its picture is as large as any that is made. */
export const LARGE_JOB = 'job-of-a-large-picture';
